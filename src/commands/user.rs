//! `user`: the users that tokens belong to.

use super::context::Context;
use crate::cli::{OptionalEmail, User as Args};
use crate::domain::user::{NewUser, User, UserEdit};
use crate::error::{Error, Result};
use crate::text::count::counted;
use std::ops::ControlFlow;

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    match args {
        Args::Add { name, email, full_name, admin } => {
            let full_name = full_name.filter(|text| !text.is_empty());
            let new = NewUser { name, email, full_name, admin };
            let user = context.admin_of_new()?.add_user(&new)?;
            context.out.done(&format!("added user {}", user.name), &user)
        }
        Args::List => list(context),
        Args::Show { name } => {
            let user = context.admin()?.user(&name)?;
            context.out.one(&user)
        }
        Args::Edit { name, new_name, email, full_name, admin, no_admin } => {
            let admin = if admin || no_admin { Some(admin) } else { None };
            let full_name = full_name.map(|text| Some(text).filter(|text| !text.is_empty()));
            let email = email.map(|OptionalEmail(email)| email);
            edit(&name, &UserEdit { name: new_name, email, full_name, admin }, context)
        }
        Args::Ban { name, reason } => {
            let reason = reason.filter(|text| !text.is_empty());
            let (user, already) = context.admin()?.ban_user(&name, reason.as_deref())?;
            let sentence = match already && reason.is_none() {
                true => format!("user {} is already banned", user.name),
                false => format!("banned user {}", user.name),
            };
            context.out.done(&sentence, &user)
        }
        Args::Unban { name } => {
            let (user, was_banned) = context.admin()?.unban_user(&name)?;
            let sentence = match was_banned {
                true => format!("unbanned user {}", user.name),
                false => format!("user {} is not banned", user.name),
            };
            context.out.done(&sentence, &user)
        }
        Args::Remove { name } => remove(&name, context),
    }
}

fn list(context: &mut Context) -> Result<()> {
    let admin = context.admin()?;
    let mut listing = context.out.list();
    admin.users(None, |user| listing.push(&user).map(ControlFlow::Continue))?;
    match listing.end()? {
        0 => context.out.remark("no users; `tokctl user add alice` adds one"),
        count => context.out.remark(counted(count as u64, "user")),
    }
    Ok(())
}

fn edit(name: &str, edit: &UserEdit, context: &mut Context) -> Result<()> {
    if *edit == UserEdit::default() {
        return Err(Error::request("nothing to change", "no new value was given")
            .hint("pass --name, --email, --full-name, --admin or --no-admin"));
    }
    let user = context.admin()?.edit_user(name, edit)?;
    context.out.done(&format!("changed user {}", user.name), &user)
}

fn remove(name: &str, context: &mut Context) -> Result<()> {
    let admin = context.admin()?;
    let user = admin.removable_user(name)?;
    let database = context.location()?;
    context.confirm(&format!("Remove {} from database {database}?", with_tokens(&user)))?;
    let user = admin.remove_user(name)?;
    context.out.done(&format!("removed {}", with_tokens(&user)), &user)
}

/// A user who is removed together with their tokens: `user bob and their 2 tokens`.
fn with_tokens(user: &User) -> String {
    match user.tokens {
        0 => format!("user {}", user.name),
        count => format!("user {} and their {}", user.name, counted(count, "token")),
    }
}
