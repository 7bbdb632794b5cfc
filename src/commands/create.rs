//! `create`: issue tokens.

use super::Context;
use super::interrupt::Watch;
use super::issue::{Delivery, Issuer, Wanted, tell};
use crate::cli::Create;
use crate::error::{Error, Result};
use crate::name::Name;
use crate::scope::{Scope, Scopes};
use crate::secret::Secret;
use crate::store::{Revocation, Settings, Store, TokenKey};
use crate::token::Token;
use crate::view::Progress;
use crate::when::{Timestamp, When};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::rc::Rc;

/// What one token is to be, before anything is looked up.
struct Order {
    name: Name,
    scopes: Scopes,
    user: Option<String>,
    expires: Option<When>,
    /// The file and the line that ask for it.
    place: Option<(Rc<str>, usize)>,
}

pub fn run(args: Create, context: &mut Context) -> Result<()> {
    let many = args.count.is_some() || args.from.is_some();
    let all_scopes_by_default = args.scope.is_empty() && !args.no_scopes && args.from.is_none();
    let out = args.out.clone();
    let orders = orders(args)?;
    let mut delivery = Delivery::prepare(out)?;
    let watch = Watch::begin()?;
    let entered = enter(&orders, &watch, &delivery, context);
    let issued = entered.inspect_err(|_| {
        watch.disarm();
        delivery.abandon();
    })?;
    if let Err(error) = delivery.deliver(&issued, many, &mut context.out) {
        return Err(taken_back(watch.undo(), &issued, error));
    }
    watch.disarm();
    if all_scopes_by_default {
        context.out.remark("no --scope was given: the token may do everything (*)");
    }
    tell(&issued, many, &delivery, &context.out);
    Ok(())
}

/// The tokens that were asked for, by options or by a file.
fn orders(args: Create) -> Result<Vec<Order>> {
    let user = args.user.filter(|user| !user.is_empty());
    if let Some(path) = args.from {
        return read_orders(&path, user);
    }
    let scopes = if args.no_scopes {
        Scopes::default()
    } else if args.scope.is_empty() {
        Scopes::everything()
    } else {
        args.scope.into_iter().collect()
    };
    let order = || Order {
        name: args.name.clone(),
        scopes: scopes.clone(),
        user: user.clone(),
        expires: args.expires,
        place: None,
    };
    Ok((0..args.count.unwrap_or(1)).map(|_| order()).collect())
}

/// A line of `--from`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: Option<String>,
    user: Option<String>,
    scopes: Option<Vec<String>>,
    expires: Option<String>,
}

fn read_orders(path: &Path, user: Option<String>) -> Result<Vec<Order>> {
    let shown: Rc<str> = path.to_string_lossy().into();
    let failed = |error: io::Error| Error::request(format!("cannot read {shown}"), error);
    let mut reader: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).map_err(failed)?))
    };
    let mut orders = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        if !line.trim_ascii().is_empty() {
            let place = (shown.clone(), number);
            orders.push(order(&line, user.clone(), place.clone()).map_err(|why| {
                Error::request(format!("{}, line {}", place.0, place.1), why).hint(MEND)
            })?);
        }
    }
    if orders.is_empty() {
        return Err(Error::request(
            format!("{shown} is empty"),
            "it has no line to issue a token for",
        ));
    }
    Ok(orders)
}

/// What to do about a wrong line.
const MEND: &str = "nothing was issued; mend the line and run this again";

fn order(
    line: &[u8],
    user: Option<String>,
    place: (Rc<str>, usize),
) -> std::result::Result<Order, String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let scopes = match line.scopes {
        None => Scopes::everything(),
        Some(scopes) => scopes
            .iter()
            .map(|scope| scope.parse::<Scope>())
            .collect::<std::result::Result<_, _>>()?,
    };
    Ok(Order {
        name: line.name.as_deref().unwrap_or("Secret Token").parse()?,
        scopes,
        user: line.user.or(user),
        expires: line.expires.map(|expires| expires.parse()).transpose()?,
        place: Some(place),
    })
}

type Entered = Vec<(Token, Secret)>;

/// Enters the tokens into the database, all or none.
fn enter(
    orders: &[Order],
    watch: &Watch,
    delivery: &Delivery,
    context: &Context,
) -> Result<Entered> {
    let (mut store, path) = (context.open_or_create()?, context.path()?);
    store.write(|writer| {
        let mut issuer = Issuer::new(writer)?;
        let total = orders.len() as u64;
        let mut progress = Progress::new("tokens", Some(total), context.out.is_quiet());
        let entered: Entered = (1..)
            .zip(orders)
            .map(|(number, order)| {
                progress.at(number);
                issue(&mut issuer, order).map_err(|error| at_its_line(order, error))
            })
            .collect::<Result<_>>()?;
        let ids: Vec<i64> = entered.iter().map(|(token, _)| token.id).collect();
        let abandon = delivery.abandoning();
        watch.arm(move || {
            abandon();
            take_back(&path, &ids)
        });
        Ok(entered)
    })
}

fn issue(issuer: &mut Issuer, order: &Order) -> Result<(Token, Secret)> {
    let owner = owner_name(order, issuer.settings())?.to_string();
    issuer.issue(
        &owner,
        Wanted {
            name: order.name.as_str().to_string(),
            scopes: order.scopes.clone(),
            expires: order.expires,
            replaces: None,
        },
    )
}

/// An error with the line of the file that it is about.
fn at_its_line(order: &Order, error: Error) -> Error {
    match &order.place {
        None => error,
        Some((file, line)) => {
            let what = format!("{file}, line {line}: {}", error.what);
            let hint = error.hint.or_else(|| Some(MEND.into()));
            Error { what, hint, ..error }
        }
    }
}

fn owner_name<'a>(order: &'a Order, settings: &'a Settings) -> Result<&'a str> {
    order.user.as_deref().or(settings.default_user()).ok_or_else(|| {
        Error::request("the token has no owner", "no user is named and default-user is not set")
            .hint(
                "name one with --user, or set default-user; `tokctl user list` shows who there is",
            )
    })
}

/// Revokes tokens whose secrets reached nobody.
fn take_back(database: &Path, ids: &[i64]) -> Result<()> {
    let reason = Some("the secret could not be printed");
    Store::open(database)?.write(|writer| {
        let rules = writer.settings()?.rules(Timestamp::now())?;
        ids.iter().try_for_each(|id| {
            let token = writer.token(&TokenKey::Id(*id), &rules)?;
            writer.revoke_token(&token, Revocation { at: rules.now, reason })
        })
    })
}

/// The error of an output that failed, with what became of the tokens.
fn taken_back(undone: Result<()>, issued: &[(Token, Secret)], error: Error) -> Error {
    match undone {
        Ok(()) => error.hint("what was issued is revoked again; nobody holds its secret"),
        Err(also) => {
            let id = |entry: Option<&(Token, Secret)>| entry.map_or(0, |(token, _)| token.id);
            let (first, last) = (id(issued.first()), id(issued.last()));
            let ids = match first == last {
                true => first.to_string(),
                false => format!("$(seq {first} {last})"),
            };
            error.hint(format!(
                "`tokctl revoke {ids}` before anything else: revoking it failed, too ({also})"
            ))
        }
    }
}
