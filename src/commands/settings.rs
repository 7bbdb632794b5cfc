//! `settings`: what all who use the database share.

use super::Context;
use crate::cli::{Format, Settings as Args};
use crate::error::{Error, Result};
use crate::settings::Setting;
use crate::store::{Filter, Settings, Sort, Store};
use crate::token::Status;
use crate::view::SettingRow;
use crate::when::Timestamp;
use std::ops::ControlFlow;

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    match args {
        Args::List => list(context),
        Args::Get { setting } => get(setting, context),
        Args::Set { setting, value } => set(setting, &value, context),
        Args::Unset { setting } => unset(setting, context),
    }
}

fn row(setting: Setting, settings: &Settings) -> SettingRow {
    let about = setting.about();
    SettingRow {
        key: about.key,
        value: settings.in_force(setting).map(str::to_string),
        default: about.default,
        values: about.values,
        meaning: about.meaning,
    }
}

fn list(context: &mut Context) -> Result<()> {
    let settings = context.open()?.settings()?;
    let mut listing = context.out.list();
    for setting in Setting::ALL {
        listing.push(&row(setting, &settings))?;
    }
    listing.end()?;
    Ok(())
}

/// For people and scripts alike the value and nothing else.
fn get(setting: Setting, context: &mut Context) -> Result<()> {
    let row = row(setting, &context.open()?.settings()?);
    if context.out.format == Format::Human {
        let value = row.value.unwrap_or_default();
        context.out.sentence(&value)?;
        return context.out.finish();
    }
    context.out.one(&row)
}

fn set(setting: Setting, value: &str, context: &mut Context) -> Result<()> {
    let value = setting.check(value).map_err(|why| {
        Error::request(format!("{} cannot be that", setting.key()), why)
            .hint(format!("it takes {}", setting.about().values))
    })?;
    let mut store = context.open_or_create()?;
    store.write(|writer| {
        if setting == Setting::DefaultUser {
            writer.user(&value)?;
        }
        writer.set_setting(setting, &value)
    })?;
    told(setting, &store.settings()?, context)?;
    if matches!(setting, Setting::MaxExpires | Setting::AllowedScopes | Setting::Owners) {
        tell_of_breaches(setting, &store, context)?;
    }
    Ok(())
}

/// Names the active tokens that the policy would not allow now; it binds new ones only.
fn tell_of_breaches(setting: Setting, store: &Store, context: &Context) -> Result<()> {
    const NAMED: usize = 10;
    let settings = store.settings()?;
    let (policy, rules) = (settings.policy()?, settings.rules(Timestamp::now())?);
    let filter = Filter { status: Some(Status::Active), ..Filter::default() };
    let (mut count, mut named) = (0, Vec::new());
    store.tokens(&filter, (Sort::Id, false), &rules, |token| {
        if policy.breaches(&token).contains(&setting) {
            count += 1;
            if named.len() < NAMED {
                named.push(format!("{} ({})", token.id, token.name));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if count > 0 {
        let more = if count > NAMED { ", …" } else { "" };
        let (named, fit) = (named.join(", "), "not fit this policy, and");
        context.out.remark(match count {
            1 => format!("1 token does {fit} stays as it is: {named}"),
            _ => format!("{count} tokens do {fit} stay as they are: {named}{more}"),
        });
    }
    Ok(())
}

fn unset(setting: Setting, context: &mut Context) -> Result<()> {
    let mut store = context.open()?;
    store.write(|writer| writer.unset_setting(setting))?;
    told(setting, &store.settings()?, context)
}

fn told(setting: Setting, settings: &Settings, context: &mut Context) -> Result<()> {
    let row = row(setting, settings);
    let value = row.value.as_deref().unwrap_or("not set");
    let sentence = format!("{} is {value}", row.key);
    context.out.done(&sentence, &row)
}
