//! From credentials to the tokens whose secrets they are.

use super::credential::Credential;
use crate::domain::scheme::{self, Candidate, StoredScheme};
use crate::domain::secret::Hash;
use crate::domain::settings::Settings;
use crate::domain::token::StoredToken;
use crate::store::{FoundToken, LookUp, ReadTransaction, Result};

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

/// What there is to look for.
pub struct Search {
    questions: Vec<Question>,
    tokens: Vec<Match>,
}

impl Search {
    /// For these credentials. Those of other systems need the schemes.
    pub fn new(credentials: &[Credential], schemes: &[StoredScheme]) -> Self {
        let mut questions = Vec::with_capacity(credentials.len());
        let mut tokens = Vec::with_capacity(credentials.len());
        for (credential, sent) in credentials.iter().enumerate() {
            let before = questions.len();
            let candidates = candidates(sent, schemes);
            questions.extend(candidates.map(|candidate| Question { credential, candidate }));
            tokens.push(Match { token: None, is_plausible: questions.len() > before });
        }
        Search { questions, tokens }
    }

    /// The hashes to look up.
    pub fn hashes(&self) -> Vec<Hash> {
        self.questions.iter().map(|question| question.candidate.hash).collect()
    }

    /// What the answer to these hashes says about the credentials.
    pub fn matches(self, answer: LookUp) -> Matches {
        let Search { questions, mut tokens } = self;
        for (position, found) in answer.found {
            let Question { credential, candidate } = &questions[position];
            let foreign = found.foreign.as_ref().map(|(scheme, id)| (scheme, id.as_str()));
            let token = &mut tokens[*credential].token;
            // Two systems may have issued the same secret: the token that was here first counts.
            if candidate.fits(foreign)
                && token.as_ref().is_none_or(|other| found.token.id < other.id)
            {
                *token = Some(found.token);
            }
        }
        Matches { tokens, settings: answer.settings }
    }
}

/// Whether one of the credentials may be a secret of another system.
pub fn has_foreign(credentials: &[Credential]) -> bool {
    credentials.iter().any(|sent| matches!(sent, Credential::Foreign(_)))
}

/// Looks for all credentials in one snapshot.
pub fn find_all(rows: &mut dyn ReadTransaction, credentials: &[Credential]) -> Result<Matches> {
    let schemes = if has_foreign(credentials) { rows.schemes()? } else { Vec::new() };
    let search = Search::new(credentials, &schemes);
    let answer = rows.look_up(&search.hashes())?;
    Ok(search.matches(answer))
}

/// The token of a secret of tokctl's own, which nearly all are, in the answer to its hash. That says all
/// there is to know about it.
pub fn match_own(hash: Hash, answer: LookUp) -> (Match, Settings) {
    let candidate = Candidate::whole(hash);
    let fits = |found: &FoundToken| {
        candidate.fits(found.foreign.as_ref().map(|(scheme, id)| (scheme, id.as_str())))
    };
    let found = answer.found.into_iter().map(|(_, found)| found);
    // As in a search.
    let token = found.filter(fits).map(|found| found.token).min_by_key(|token| token.id);
    (Match { token, is_plausible: true }, answer.settings)
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
    Ok(!sent.is_empty() && find_which(rows, sent)?.contains(&true))
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
