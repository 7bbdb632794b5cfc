//! The body of a request: one JSON object.

use super::failure::invalid;
use crate::serve::app::Shared;
use crate::serve::media_type::is_media_type;
use crate::serve::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// The object that a request must have as its body.
pub struct Body<T>(pub T);

/// The object that a request may have as its body. An empty body is an object without fields.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let (headers, bytes) = read(request, app).await?;
        Ok(Body(parse(&headers, &bytes)?))
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Shared> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let (headers, bytes) = read(request, app).await?;
        match bytes.is_empty() {
            true => Ok(OptionalBody(T::default())),
            false => Ok(OptionalBody(parse(&headers, &bytes)?)),
        }
    }
}

async fn read(request: Request, app: &Shared) -> Result<(HeaderMap, Bytes), Problem> {
    let headers = request.headers().clone();
    let bytes = Bytes::from_request(request, app).await.map_err(|rejection| {
        match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large".into())
            }
            _ => Problem::bad_request("the body could not be read".into()),
        }
    })?;
    Ok((headers, bytes))
}

/// Reads an object. Other media types are refused: a form of a web page could send them unasked.
fn parse<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if !is_media_type(headers, "application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "the body must be JSON: application/json".into()));
    }
    // serde would also read an array as a struct.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::bad_request("the body must be a JSON object".into()));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        // It quotes what was sent, which a problem shows redacted.
        let text = Zeroizing::new(error.to_string());
        match error.is_data() {
            true => invalid(&*text),
            false => Problem::bad_request(format!("the body is no JSON: {}", *text)),
        }
    })
}

/// A field that may be left out, but not be `null`.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
