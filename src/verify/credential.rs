//! What a client sent, as far as it can be told without a database.

use crate::domain::secret::{self, Hash, Secret, Shape};

/// What a client sent to prove who it is.
#[derive(Debug)]
pub enum Credential {
    /// No token can have such a secret.
    Malformed,
    /// A secret of tokctl's own, with the right checksum.
    Own(Hash),
    /// Perhaps a secret of an imported token.
    Foreign(Secret),
}

impl Credential {
    /// Reads a header or a bare secret: one line, with or without a leading `Authorization:` and
    /// `Bearer` (RFC 6750 §2.1) in any case.
    pub fn parse(sent: impl Into<Vec<u8>>) -> Self {
        secret::parse(sent.into()).into()
    }

    /// The same of bytes that stay where they are. A bare secret of tokctl's own, which nearly all are, is
    /// not copied.
    pub fn of_bytes(sent: &[u8]) -> Self {
        secret::own_hash(sent).map_or_else(|| Credential::parse(sent), Credential::Own)
    }

    /// The first 6 bytes of the SHA-256: enough to tell attempts with one string from attempts with
    /// another. `None` when there is no secret.
    pub fn fingerprint(&self) -> Option<[u8; 6]> {
        let hash = match self {
            Credential::Malformed => return None,
            Credential::Own(hash) => *hash,
            Credential::Foreign(secret) => secret.hash(),
        };
        hash.first_chunk().copied()
    }
}

impl From<Option<Secret>> for Credential {
    fn from(secret: Option<Secret>) -> Self {
        match secret {
            None => Credential::Malformed,
            Some(secret) if secret.shape() == Shape::Own => Credential::Own(secret.hash()),
            Some(secret) => Credential::Foreign(secret),
        }
    }
}
