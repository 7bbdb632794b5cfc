//! Verify and administer opaque API access tokens, of which a database stores only hashes: the
//! library behind the `tokctl` command.
//!
//! # Verify
//!
//! A program that lets in the holders of good tokens asks a [`Verifier`](verify::Verifier) for a
//! [`Verdict`](verify::Verdict). A verifier can be shared between threads.
//!
//! ```
//! use tokctl::domain::{scope::Required, time::Timestamp};
//! use tokctl::store::Store;
//! use tokctl::verify::{Credential, Verdict, Verifier};
//!
//! # use tokctl::domain::{audit::Actor, user::NewUser};
//! # let folder = tempfile::tempdir()?;
//! # let location = tokctl::store::Location::from(folder.path().join("tokctl.db"));
//! # let alice = NewUser { name: "alice".parse()?, email: None, full_name: None, admin: true };
//! # tokctl::admin::create_database(&location, &alice, &Actor::named("installer"))?;
//! # let admin = tokctl::admin::Admin::new(Store::open(&location)?, Actor::named("deploy-bot"));
//! # let request = tokctl::admin::Request {
//! #     name: "CI".parse()?,
//! #     scopes: tokctl::domain::scope::Scopes::everything(),
//! #     user: None,
//! #     expires: None,
//! # };
//! # let issued = admin.issue(&[request], |_| {}, |_| {})?;
//! # let header = format!("Authorization: Bearer {}", issued[0].secret.expose());
//! let verifier = Verifier::new(Store::open(&location)?);
//!
//! let sent = Credential::parse(header);
//! let required = Required::all(["posts.manage"])?;
//! let answer = match verifier.verify(&sent, &required, Timestamp::now_millis())?.verdict {
//!     Verdict::Good(grant) => format!("200 hello {}", grant.token.user),
//!     Verdict::InsufficientScope(_, missing) => format!("403 needs {}", missing[0]),
//!     Verdict::Malformed | Verdict::Unknown => "401 unknown token".to_string(),
//!     Verdict::Revoked(_) | Verdict::Banned(_) => "401 revoked".to_string(),
//!     Verdict::Expired(_) | Verdict::Unused(_) => "401 expired".to_string(),
//! };
//! assert_eq!(answer, "200 hello alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Administer
//!
//! An [`Admin`](admin::Admin) issues, lists, rotates and revokes tokens, by the same rules as the
//! command. The log names an [`Actor`](domain::audit::Actor) for every change.
//!
//! ```
//! use std::ops::ControlFlow;
//! use tokctl::admin::{self, Admin, Filter, Order, Request, RotateRequest, Selector};
//! use tokctl::domain::{audit::Actor, scope::Scopes, time::When};
//! use tokctl::store::Store;
//!
//! # use tokctl::domain::user::NewUser;
//! # let folder = tempfile::tempdir()?;
//! # let location = tokctl::store::Location::from(folder.path().join("tokctl.db"));
//! # let alice = NewUser { name: "alice".parse()?, email: None, full_name: None, admin: true };
//! # tokctl::admin::create_database(&location, &alice, &Actor::named("installer"))?;
//! let admin = Admin::new(Store::open(&location)?, Actor::named("deploy-bot"));
//!
//! // Issue. The secret is in the answer and nowhere else.
//! let request = Request {
//!     name: "CI".parse()?,
//!     scopes: Scopes::from_iter(["posts.manage".parse()?]),
//!     user: Some("alice".to_string()),
//!     expires: Some("90d".parse::<When>()?),
//! };
//! let issued = admin.issue(&[request], |_| {}, |_| {})?;
//! let secret = issued[0].secret.expose();
//! assert!(secret.starts_with("tok_"));
//!
//! // List.
//! let filter = Filter { users: vec!["alice".to_string()], ..Filter::default() };
//! admin.tokens(&filter, Order::default(), |token| {
//!     println!("{}: {}, {}", token.id, token.name, token.status.as_str());
//!     Ok::<_, admin::Error>(ControlFlow::Continue(()))
//! })?;
//!
//! // Rotate: the old secret stays valid for a day.
//! let selector = Selector::Id(issued[0].token.id);
//! let day = RotateRequest { overlap: Some("1d".parse()?), expires: None };
//! let rotation = admin.rotate(&selector, day, |_, _| {})?;
//!
//! // Revoke. Every error can be matched.
//! admin.revoke(&[Selector::Id(rotation.new.token.id)], Some("laptop lost"))?;
//! match admin.revoke(&[Selector::Id(999)], None) {
//!     Err(admin::Error::TokenNotFound { .. }) => {}
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Create a database
//!
//! ```
//! use tokctl::admin::create_database;
//! use tokctl::domain::{audit::Actor, user::NewUser};
//! use tokctl::store::Location;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tokctl.db");
//! let location = Location::from(path);
//! let alice = NewUser { name: "alice".parse()?, email: None, full_name: None, admin: true };
//! // Alice owns the tokens that name no owner. An existing database is left alone.
//! create_database(&location, &alice, &Actor::named("installer"))?;
//! # assert!(tokctl::store::exists(&location)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! `cli`, on by default, is the command line; it includes the other three. `import` reads SQLite
//! files of other systems, `import-mysql` and `import-postgres` servers. Without default features the
//! library has no dependency on clap or on anything that prints.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod admin;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod commands;
pub mod domain;
#[cfg(feature = "cli")]
mod error;
#[cfg(feature = "import")]
pub mod import;
#[cfg(feature = "serve")]
mod serve;
pub mod store;
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
mod text;
pub mod verify;
#[cfg(feature = "cli")]
mod view;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::arguments;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use commands::run;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use error::report;
