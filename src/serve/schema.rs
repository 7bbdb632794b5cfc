//! What texts in requests look like, for the description of the API. The patterns keep to what the
//! languages of clients have in common.

use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Control characters, and those that are invisible or reorder the text around them.
const UNSAFE: &str = r"\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb";

/// White space other than the plain space, joiners and variation selectors.
const INVISIBLE: &str = r"\u00a0\u1680\u180b-\u180f\u2000-\u200f\u202f\u205f\u3000\ufe00-\ufe0f";

/// A number and a unit, or several from large to small. `m` is minutes, and not after a day or more.
const DURATION: &str = "[0-9]{1,5}m|[0-9]{1,3}h[0-9]{1,5}m|([0-9]{1,3}y)?([0-9]{1,4}mo)?([0-9]{1,4}w)?\
                        ([0-9]{1,5}d)?([0-9]{1,5}h)?([0-9]{1,5}min)?([0-9]{1,5}s)?";

/// A date, or an RFC 3339 timestamp.
const INSTANT: &str = r"(19[7-9][0-9]|[2-9][0-9]{3})-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9]))?";

/// A scope: visible ASCII without quotes, backslashes and commas (RFC 6749 §3.3).
const SCOPE: &str = r"(\*|[!#-)+\-./0-9:;<=>?@A-Z\[\]^-~]{1,250}(\.\*)?)";

/// Texts of one kind: their name, pattern, and lengths.
macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident = $pattern:expr, $min:literal, $max:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                text(&$pattern, $min, $max, concat!($($doc),+).trim())
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

texts! {
    /// The name of a token: no control and no invisible characters, and not only spaces.
    TokenName = format!(r"^[^{UNSAFE}]*[^\s{UNSAFE}]$"), 1, Some(255);
    /// The name of a user: like that of a token, but it does not begin with `-`, and has no joiners.
    UserName = format!(r"^[^\s\-{UNSAFE}{INVISIBLE}][^{UNSAFE}{INVISIBLE}]*$"), 1, Some(255);
    /// Text without control and invisible characters.
    FreeText = format!("^[^{UNSAFE}]*$"), 0, Some(1000);
    /// A scope: a scope-token of RFC 6749 without commas. `*` stands only alone or as a last `.*`.
    ScopeToken = format!("^{SCOPE}$"), 1, Some(255);
    /// A duration: a number and a unit (s, m, h, d, w, mo or y), or several from large to small.
    Duration = format!("^({DURATION})$"), 2, Some(100);
    /// A time: a duration ago, a date (00:00 UTC) or an RFC 3339 timestamp.
    PastTime = format!("^({DURATION}|{INSTANT})$"), 2, Some(100);
    /// An expiry: a duration from now, a date (00:00 UTC), an RFC 3339 timestamp, or never.
    Expiry = format!("^(never|{DURATION}|{INSTANT})$"), 2, Some(100);
    /// A pattern, in which `*` stands for any text and `?` for any character.
    Glob = r"^[^\[\]{}\\]+$", 1, None;
    /// The beginning of a secret: of one of tokctl's, at most its prefix and 4 more characters.
    HintPrefix = "^[0-9A-Za-z_]{1,4}$|^[a-z][a-z0-9]{0,9}_[0-9A-Za-z]{0,4}$|[^0-9A-Za-z_]", 1, None;
    /// The value of next on the page before.
    TokenCursor = "^t[0-9]{1,18}$", 2, Some(19);
    /// The value of next on the page before.
    UserCursor = "^u([0-9a-f]{2}){1,1020}$", 3, Some(2041);
    /// The value of next on the page before.
    LogCursor = "^e[0-9]{1,18}-[0-9]{1,18}$", 4, Some(38);
    /// A scope, or several separated by spaces or commas.
    RequiredScopes = format!("^{SCOPE}([ ,]{SCOPE})*$"), 1, None;
}

fn text(pattern: &str, min: usize, max: Option<usize>, about: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .pattern(Some(pattern))
        .min_length(Some(min))
        .max_length(max);
    object.into()
}

/// An e-mail address.
#[derive(ToSchema)]
#[schema(value_type = String, format = Email, min_length = 3, max_length = 254)]
#[allow(dead_code)]
pub struct EmailAddress(String);

/// A text that is not empty.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1)]
#[allow(dead_code)]
pub struct SomeText(String);

/// Yes or no.
#[derive(ToSchema)]
#[allow(dead_code)]
pub enum Flag {
    #[schema(rename = "0")]
    Zero,
    #[schema(rename = "1")]
    One,
    #[schema(rename = "false")]
    False,
    #[schema(rename = "true")]
    True,
}

/// An order.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code)]
pub enum Direction {
    Asc,
    Desc,
}

/// A kind of entries of the log.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code)]
pub enum LogKind {
    Verify,
    Admin,
}
