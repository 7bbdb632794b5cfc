//! `create`: issue tokens.

use super::Context;
use crate::cli::{Create, Format};
use crate::error::{Error, Result};
use crate::name::{Escaped, Name};
use crate::policy::Policy;
use crate::scope::{Scope, Scopes};
use crate::secret::{Prefix, Secret};
use crate::store::{NewToken, Revocation, Settings, Store, Writer};
use crate::token::{Status, Token, User, UserStatus};
use crate::view::{Issued, Output};
use crate::when::{Timestamp, When};
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
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
    let (mut store, issued) = enter(&orders, context).inspect_err(|_| delivery.abandon())?;
    if let Err(error) = delivery.deliver(&issued, many, &mut context.out) {
        return Err(take_back(&mut store, &issued, error));
    }
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
    let shown: Rc<str> = Escaped(&path.to_string_lossy()).to_string().into();
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
fn enter(orders: &[Order], context: &Context) -> Result<(Store, Entered)> {
    let mut store = context.open_or_create()?;
    let issued = store.write(|writer| {
        let mut issuer = Issuer::new(writer)?;
        orders
            .iter()
            .map(|order| issuer.issue(order).map_err(|error| at_its_line(order, error)))
            .collect::<Result<_>>()
    })?;
    Ok((store, issued))
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

/// Issues tokens by the policy of the database.
struct Issuer<'a> {
    writer: &'a Writer<'a>,
    settings: Settings,
    prefix: Prefix,
    policy: Policy,
    now: Timestamp,
    owners: HashMap<String, User>,
}

impl<'a> Issuer<'a> {
    fn new(writer: &'a Writer<'a>) -> Result<Self> {
        let settings = writer.settings()?;
        let (prefix, policy) = (settings.prefix()?, settings.policy()?);
        let now = Timestamp::now();
        Ok(Issuer { writer, settings, prefix, policy, now, owners: HashMap::new() })
    }

    fn issue(&mut self, order: &Order) -> Result<(Token, Secret)> {
        let owner_name = owner_name(order, &self.settings)?;
        if !self.owners.contains_key(owner_name) {
            let owner = self.writer.user(owner_name)?;
            self.policy.check_owner(&owner)?;
            self.owners.insert(owner_name.to_string(), owner);
        }
        let owner = &self.owners[owner_name];
        self.policy.check_scopes(&order.scopes)?;
        let expires_at = self.policy.expiry(order.expires, self.now)?;
        let secret = Secret::generate(&self.prefix)
            .map_err(|error| Error::unavailable("the system gives no randomness", error))?;
        let new = NewToken {
            hash: secret.hash(),
            hint: secret.hint(),
            name: order.name.clone(),
            user_id: owner.id,
            scopes: order.scopes.clone(),
            created_at: self.now,
            expires_at,
        };
        let id = self.writer.add_token(&new)?;
        Ok((as_issued(id, new, owner), secret))
    }
}

/// The record of a token that was added just now.
fn as_issued(id: i64, new: NewToken, owner: &User) -> Token {
    let status = match owner.status {
        UserStatus::Active => Status::Active,
        UserStatus::Banned => Status::Banned,
    };
    Token {
        id,
        name: new.name.as_str().to_string(),
        user: owner.name.clone(),
        scopes: new.scopes,
        status,
        hint: new.hint,
        created_at: new.created_at,
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
        revoked_reason: None,
        source: "tokctl".to_string(),
    }
}

fn owner_name<'a>(order: &'a Order, settings: &'a Settings) -> Result<&'a str> {
    order.user.as_deref().or(settings.default_user()).ok_or_else(|| {
        Error::request("the token has no owner", "no user is named and default-user is not set")
            .hint("name one with --user, or `tokctl settings set default-user NAME`")
    })
}

/// Where secrets go, made sure of before any token exists.
enum Delivery {
    Stdout,
    File(PathBuf, File),
}

impl Delivery {
    fn prepare(out: Option<PathBuf>) -> Result<Self> {
        let Some(path) = out else {
            return match stdout_is_closed() {
                false => Ok(Delivery::Stdout),
                true => Err(Error::unavailable("nothing was issued", "standard output is closed")
                    .hint("let it go somewhere, or use --out FILE")),
            };
        };
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let failed = |error: io::Error| {
            Error::request(format!("cannot create {}", Escaped(&path.to_string_lossy())), error)
                .hint("--out wants the name of a file that does not exist yet")
        };
        let file = file.map_err(failed)?;
        // The umask may have taken bits away from the mode above.
        rustix::fs::fchmod(&file, 0o600.into()).map_err(|error| failed(error.into()))?;
        Ok(Delivery::File(path, file))
    }

    /// Prints the secrets; any failure means that nobody may hold them.
    fn deliver(&mut self, issued: &[(Token, Secret)], many: bool, out: &mut Output) -> Result<()> {
        let format = out.format;
        match self {
            Delivery::Stdout => write_secrets(issued, many, format, &mut io::stdout().lock())
                .map_err(Error::undelivered),
            Delivery::File(path, file) => {
                let mut write = || {
                    write_secrets(issued, many, format, file)?;
                    file.sync_all()
                };
                write().map_err(|error| {
                    // What was written of it is of no use to anybody.
                    let _ = std::fs::remove_file(&*path);
                    Error::undelivered(error)
                })
            }
        }
    }

    fn abandon(&self) {
        if let Delivery::File(path, _) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Straight to the file descriptor: a buffer in between would keep a copy of the secrets.
fn write_secrets(
    issued: &[(Token, Secret)],
    many: bool,
    format: Format,
    to: &mut impl Write,
) -> io::Result<()> {
    for (i, (token, secret)) in issued.iter().enumerate() {
        let record = Issued { token, kind: "bearer", secret: secret.expose() };
        let mut text = zeroize::Zeroizing::new(Vec::with_capacity(4096));
        match format {
            Format::Human => text.extend_from_slice(secret.expose().as_bytes()),
            Format::Csv => text.append(&mut crate::view::csv_row(&record, i == 0)?),
            Format::Json | Format::Jsonl => {
                if many && format == Format::Json {
                    text.extend_from_slice(if i == 0 { b"[\n" } else { b"" });
                }
                crate::view::json::write(&mut *text, &record)?;
                if many && format == Format::Json {
                    text.extend_from_slice(if i + 1 < issued.len() { b"," } else { b"\n]" });
                }
            }
        }
        if format != Format::Csv {
            text.push(b'\n');
        }
        to.write_all(&text)?;
    }
    to.flush()
}

/// A descriptor that was closed when the program began has become `/dev/null`, open for reading
/// and writing, before any of our code runs; `> /dev/null` in a shell is open for writing only.
fn stdout_is_closed() -> bool {
    let stdout = io::stdout();
    let null = rustix::fs::stat("/dev/null");
    let (Ok(null), Ok(out)) = (null, rustix::fs::fstat(&stdout)) else { return true };
    let both = rustix::fs::fcntl_getfl(&stdout)
        .is_ok_and(|flags| flags & rustix::fs::OFlags::RWMODE == rustix::fs::OFlags::RDWR);
    both && null.st_rdev == out.st_rdev && null.st_ino == out.st_ino && null.st_dev == out.st_dev
}

/// Revokes tokens whose secrets reached nobody.
fn take_back(store: &mut Store, issued: &[(Token, Secret)], error: Error) -> Error {
    let revocation =
        Revocation { at: Timestamp::now(), reason: Some("the secret could not be printed") };
    let ids: Vec<_> = issued.iter().map(|(token, _)| token.id).collect();
    let revoked =
        store.write(|writer| ids.iter().try_for_each(|&id| writer.revoke_token(id, revocation)));
    match revoked {
        Ok(()) => error.hint("what was issued is revoked again; nobody holds its secret"),
        Err(also) => {
            let (first, last) = (ids[0], ids[ids.len() - 1]);
            error.hint(format!(
                "revoke tokens {first} to {last} by hand, for that failed too: {also}"
            ))
        }
    }
}

fn tell(issued: &[(Token, Secret)], many: bool, delivery: &Delivery, out: &Output) {
    let place = match delivery {
        Delivery::Stdout => String::new(),
        Delivery::File(path, _) => {
            format!("; written to {}", Escaped(&path.to_string_lossy()))
        }
    };
    let [(token, _), ..] = issued else { return };
    if many {
        out.remark(format!("issued {} tokens{place}", issued.len()));
        return;
    }
    let expires =
        token.expires_at.map_or("never expires".to_string(), |at| format!("expires {at}"));
    let scopes = match token.scopes.is_empty() {
        true => "no scopes".to_string(),
        false => format!("scopes {}", token.scopes),
    };
    out.remark(format!(
        "issued token {}: {}, {}, {scopes}, {expires}{place}",
        token.id, token.name, token.user
    ));
    out.remark("this is the only time its secret is shown; send it as Authorization: Bearer …");
}
