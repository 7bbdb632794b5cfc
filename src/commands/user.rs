//! `user`: who tokens belong to.

use super::Context;
use crate::cli::{OptionalEmail, User as Args};
use crate::error::{Error, Result};
use crate::name::Name;
use crate::store::{NewUser, Store, UserEdit, Writer};
use crate::token::{User, UserStatus};
use crate::view::counted;
use crate::when::Timestamp;

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    match args {
        Args::Add { name, email, full_name, admin } => {
            let full_name = full_name.filter(|text| !text.is_empty());
            let new = NewUser { name, email, full_name, admin, created_at: Timestamp::now() };
            let mut store = context.open_or_create()?;
            store.write(|writer| writer.add_user(&new))?;
            told("added", store.user(new.name.as_str())?, context)
        }
        Args::List => list(context),
        Args::Show { name } => {
            let user = context.open()?.user(&name)?;
            context.out.one(&user)
        }
        Args::Edit { name, new_name, email, full_name, admin, no_admin } => {
            let admin = if admin || no_admin { Some(admin) } else { None };
            let full_name = full_name.map(|text| Some(text).filter(|text| !text.is_empty()));
            let email = email.map(|OptionalEmail(email)| email);
            edit(&name, UserEdit { name: new_name, email, full_name, admin }, context)
        }
        Args::Ban { name, reason } => ban(&name, reason.filter(|text| !text.is_empty()), context),
        Args::Unban { name } => unban(&name, context),
        Args::Remove { name } => remove(&name, context),
    }
}

fn list(context: &mut Context) -> Result<()> {
    let store = context.open()?;
    let mut listing = context.out.list();
    store.users(|user| listing.push(&user))?;
    match listing.end()? {
        0 => context.out.remark("no users; `tokctl user add alice` adds one"),
        count => context.out.remark(counted(count as u64, "user")),
    }
    Ok(())
}

fn edit(name: &str, edit: UserEdit, context: &mut Context) -> Result<()> {
    if edit == UserEdit::default() {
        return Err(Error::request("nothing to change", "no option says what")
            .hint("give --name, --email, --full-name, --admin or --no-admin"));
    }
    let new_name = edit.name.as_ref().map_or(name, Name::as_str).to_string();
    let mut store = context.open()?;
    store.write(|writer| writer.edit_user(&writer.user(name)?, &edit))?;
    told("changed", store.user(&new_name)?, context)
}

/// Whoever is banned already stays so, from then on and for the reason that was given, unless there
/// is a new one.
fn ban(name: &str, reason: Option<String>, context: &mut Context) -> Result<()> {
    let user = context.open()?.user(name)?;
    if user.status == UserStatus::Banned && reason.is_none() {
        return told("was banned already:", user, context);
    }
    change("banned", name, context, |writer, user| {
        writer.ban_user(user, Some((Timestamp::now(), reason.as_deref())))
    })
}

fn unban(name: &str, context: &mut Context) -> Result<()> {
    let what = match context.open()?.user(name)?.status {
        UserStatus::Active => "was not banned:",
        UserStatus::Banned => "unbanned",
    };
    change(what, name, context, |writer, user| writer.ban_user(user, None))
}

fn remove(name: &str, context: &mut Context) -> Result<()> {
    let mut store = context.open()?;
    let user = store.user(name)?;
    let tokens = match user.tokens {
        0 => String::new(),
        1 => " and the one token that belongs to them".to_string(),
        count => format!(" and the {count} tokens that belong to them"),
    };
    context.confirm(&format!("Remove {}{tokens}?", user.name))?;
    store.write(|writer| writer.remove_user(&writer.user(name)?))?;
    told("removed", user, context)
}

/// Looks the user up and changes them in one transaction, and tells what became of it.
fn change(
    done: &str,
    name: &str,
    context: &mut Context,
    work: impl FnOnce(&Writer, &User) -> Result<()>,
) -> Result<()> {
    let mut store: Store = context.open()?;
    store.write(|writer| work(writer, &writer.user(name)?))?;
    told(done, store.user(name)?, context)
}

fn told(done: &str, user: User, context: &mut Context) -> Result<()> {
    context.out.done(&format!("{done} user {}", user.name), &user)
}
