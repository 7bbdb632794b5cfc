//! From credentials to the tokens whose secrets they are.

use super::credential::Credential;
use crate::domain::scheme::{self, Candidate, StoredScheme};
use crate::domain::secret::Hash;
use crate::domain::settings::Settings;
use crate::domain::token::StoredToken;
use crate::store::{FoundToken, LookUp, ReadTransaction, Result, Store};

/// A hash to look for, and the credential that it comes from.
struct Question {
    credential: usize,
    candidate: Candidate,
}

/// The token of each credential, if it has one, and the settings that decide about them.
pub struct Matches {
    pub tokens: Vec<Match>,
    pub settings: Settings,
}

/// What was found for a credential.
pub struct Match {
    pub token: Option<StoredToken>,
    /// Whether there was anything to look for: without imported tokens, no token can have a secret
    /// of another system.
    pub is_plausible: bool,
}

/// Looks for all credentials in one snapshot.
pub fn find_all(rows: &mut dyn ReadTransaction, credentials: &[Credential]) -> Result<Matches> {
    let has_foreign = credentials.iter().any(|sent| matches!(sent, Credential::Foreign(_)));
    let schemes = if has_foreign { rows.schemes()? } else { Vec::new() };
    let mut questions = Vec::with_capacity(credentials.len());
    let mut tokens = Vec::with_capacity(credentials.len());
    for (credential, sent) in credentials.iter().enumerate() {
        let before = questions.len();
        let candidates = candidates(sent, &schemes);
        questions.extend(candidates.map(|candidate| Question { credential, candidate }));
        tokens.push(Match { token: None, is_plausible: questions.len() > before });
    }
    let hashes: Vec<_> = questions.iter().map(|question| question.candidate.hash).collect();
    let answer = rows.look_up(&hashes)?;
    for (position, found) in answer.found {
        let Question { credential, candidate } = &questions[position];
        let foreign = found.foreign.as_ref().map(|(scheme, id)| (scheme, id.as_str()));
        let token = &mut tokens[*credential].token;
        // Two systems may have issued the same secret: the token that was here first counts.
        if candidate.fits(foreign) && token.as_ref().is_none_or(|other| found.token.id < other.id) {
            *token = Some(found.token);
        }
    }
    Ok(Matches { tokens, settings: answer.settings })
}

/// Looks for a secret of tokctl's own, which nearly all are. Its hash says all there is to know about it.
pub fn find_own(store: &Store, hash: Hash) -> Result<(Match, Settings)> {
    let LookUp { found, settings } = store.look_up(&[hash])?;
    let candidate = Candidate::whole(hash);
    let fits = |found: &FoundToken| {
        candidate.fits(found.foreign.as_ref().map(|(scheme, id)| (scheme, id.as_str())))
    };
    let tokens = found.into_iter().map(|(_, found)| found).filter(fits).map(|found| found.token);
    // As in `find_all`.
    let token = tokens.min_by_key(|token| token.id);
    Ok((Match { token, is_plausible: true }, settings))
}

/// The token of one credential.
///
/// # Errors
///
/// When it could not be found out.
pub fn find(rows: &mut dyn ReadTransaction, sent: &Credential) -> Result<Option<StoredToken>> {
    Ok(find_all(rows, std::slice::from_ref(sent))?.tokens.into_iter().find_map(|found| found.token))
}

/// Which of the credentials are a token's.
///
/// # Errors
///
/// When it could not be found out.
pub fn find_which(rows: &mut dyn ReadTransaction, sent: &[Credential]) -> Result<Vec<bool>> {
    let found = find_all(rows, sent)?.tokens.into_iter();
    Ok(found.map(|found| found.token.is_some()).collect())
}

/// Whether one of the credentials is a token's.
///
/// # Errors
///
/// When it could not be found out.
pub fn find_any(rows: &mut dyn ReadTransaction, sent: &[Credential]) -> Result<bool> {
    Ok(!sent.is_empty() && find_all(rows, sent)?.tokens.iter().any(|found| found.token.is_some()))
}

fn candidates(sent: &Credential, schemes: &[StoredScheme]) -> impl Iterator<Item = Candidate> {
    let (own, foreign) = match sent {
        Credential::Malformed => (None, Vec::new()),
        Credential::Own(hash) => (Some(Candidate::whole(*hash)), Vec::new()),
        Credential::Foreign(_) if schemes.is_empty() => (None, Vec::new()),
        Credential::Foreign(secret) => (None, scheme::candidates(secret, schemes)),
    };
    own.into_iter().chain(foreign)
}
