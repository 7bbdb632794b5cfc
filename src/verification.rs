//! From what clients present to answers: what `verify`, its batch and the library share.

use crate::error::Result;
use crate::outcome::{Outcome, Rejection};
use crate::scheme::{self, Candidate, Presented};
use crate::scope::Required;
use crate::secret::Shape;
use crate::store::{Attempt, Notes, Recorded, Store};
use crate::when::Timestamp;

/// The answers, in order, and what is to be written of them.
pub fn decide(
    store: &Store,
    presented: &[Presented],
    required: &Required,
) -> Result<(Vec<Outcome>, Notes)> {
    let foreign = presented.iter().any(|presented| matches!(presented, Presented::Foreign(_)));
    let schemes = if foreign { store.schemes()? } else { Vec::new() };
    let mut answers: Vec<(i64, Outcome)> = Vec::with_capacity(presented.len());
    let (mut wanted, mut places) = (Vec::with_capacity(presented.len()), Vec::new());
    for (place, presented) in presented.iter().enumerate() {
        match presented {
            Presented::Malformed => {}
            Presented::Own(hash) => wanted.push(Candidate::whole(*hash)),
            // Without imported tokens nobody can have such a secret.
            Presented::Foreign(_) if schemes.is_empty() => {}
            Presented::Foreign(secret) => wanted.extend(scheme::candidates(secret, &schemes)),
        }
        let rejection = match presented {
            Presented::Foreign(secret) if secret.shape() == Shape::Mistyped => Rejection::Malformed,
            _ if places.len() == wanted.len() => Rejection::Malformed,
            _ => Rejection::Unknown,
        };
        places.resize(wanted.len(), place);
        answers.push((i64::MAX, Outcome::Rejected(rejection)));
    }
    let mut notes = Notes::default();
    let mut stale = vec![false; presented.len()];
    let recorded = store.look_up(&wanted, |which, sighting| {
        let id = sighting.grant.token.id;
        let answer = &mut answers[places[which]];
        // Two systems may have issued one secret: the token that was here first answers.
        if id < answer.0 {
            *answer = (id, Outcome::decide(sighting.grant, required));
            stale[places[which]] = sighting.is_stale;
        }
    })?;
    // Only the token that answered was used.
    let used = answers
        .iter()
        .zip(stale)
        .filter(|((_, outcome), stale)| *stale && outcome.accepted().is_some());
    notes.used.extend(used.map(|((id, _), _)| *id));
    let outcomes: Vec<_> = answers.into_iter().map(|(_, outcome)| outcome).collect();
    if recorded != Recorded::None {
        let at = Timestamp::precise();
        let of_note =
            outcomes.iter().zip(presented).filter(|(outcome, _)| recorded.includes(outcome));
        notes.attempts.extend(
            of_note.map(|(outcome, presented)| Attempt::new(at, outcome, presented.fingerprint())),
        );
    }
    Ok((outcomes, notes))
}
