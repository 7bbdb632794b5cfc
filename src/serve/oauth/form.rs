//! The body of a request: a form, as RFC 7662 §2.1 and RFC 7009 §2.1 want it.

use super::error::OAuthError;
use crate::serve::media_type::is_media_type;
use axum::body::Bytes;
use axum::http::HeaderMap;
use std::collections::HashMap;
use zeroize::Zeroizing;

/// The parameters of a form, each of them once (RFC 6749 §3.2).
pub struct Form(HashMap<String, Zeroizing<String>>);

impl Form {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// When it is no form, or has a parameter more than once.
    pub fn parse(headers: &HeaderMap, body: &Bytes) -> Result<Self, OAuthError> {
        const KIND: &str = "application/x-www-form-urlencoded";
        if !is_media_type(headers, KIND) {
            return Err(OAuthError::invalid_request(
                "The body must be a form: application/x-www-form-urlencoded",
            ));
        }
        let mut form = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if form.insert(name.into_owned(), Zeroizing::new(value.into_owned())).is_some() {
                return Err(OAuthError::invalid_request("A parameter is repeated"));
            }
        }
        Ok(Form(form))
    }

    /// A parameter, unless it is missing or empty (RFC 6749 §3.2: both are the same).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The token that the request is about.
    ///
    /// # Errors
    ///
    /// When it is missing.
    pub fn token(&self) -> Result<&str, OAuthError> {
        self.get("token").ok_or(OAuthError::invalid_request("The parameter token is missing"))
    }
}

/// The form of both requests.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[allow(dead_code)]
pub struct TokenForm {
    /// The secret.
    #[schema(min_length = 1)]
    token: String,
    /// Ignored: there is one type of tokens.
    #[schema(value_type = String, required = false)]
    token_type_hint: Option<String>,
    /// Ignored, but none may be repeated.
    #[serde(flatten)]
    others: HashMap<String, String>,
}
