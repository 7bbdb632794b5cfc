//! `settings`: what everyone who uses the database shares.

use super::context::Context;
use crate::admin::Admin;
use crate::cli::Settings as Args;
use crate::domain::setting::Setting;
use crate::error::Result;
use crate::text::count::counted;
use crate::view::SettingRow;

/// How many tokens a remark names.
const NAMED: usize = 10;

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    match args {
        Args::List => list(context),
        Args::Get { setting } => get(setting, context),
        Args::Set { setting, value } => {
            // An invalid value must not create a database.
            Admin::check_setting(setting, &value)?;
            let admin = context.admin_of_new()?;
            admin.set_setting(setting, &value)?;
            report(setting, &admin, context)?;
            match setting {
                Setting::MaxExpires | Setting::AllowedScopes | Setting::Owners => {
                    remark_violations(setting, &admin, context)
                }
                _ => Ok(()),
            }
        }
        Args::Unset { setting } => {
            let admin = context.admin()?;
            admin.unset_setting(setting)?;
            report(setting, &admin, context)
        }
    }
}

fn list(context: &mut Context) -> Result<()> {
    let settings = context.admin()?.settings()?;
    let mut listing = context.out.list();
    Setting::ALL
        .into_iter()
        .try_for_each(|setting| listing.push(&SettingRow::new(setting, &settings)))?;
    listing.end()?;
    Ok(())
}

/// Prints the value alone, for people and scripts alike.
fn get(setting: Setting, context: &mut Context) -> Result<()> {
    let row = SettingRow::new(setting, &context.admin()?.settings()?);
    if context.out.is_for_people() {
        context.out.sentence(&row.value.unwrap_or_default())?;
        return context.out.finish();
    }
    context.out.one(&row)
}

fn report(setting: Setting, admin: &Admin, context: &mut Context) -> Result<()> {
    let row = SettingRow::new(setting, &admin.settings()?);
    let value = row.value.as_deref().unwrap_or("not set");
    context.out.done(&format!("{} is {value}", row.key), &row)
}

/// Names the active tokens that could not be issued any more. They stay valid.
fn remark_violations(setting: Setting, admin: &Admin, context: &Context) -> Result<()> {
    let (mut count, mut named) = (0_u64, Vec::new());
    admin.violations(setting, |token| {
        count += 1;
        if named.len() < NAMED {
            named.push(format!("{} ({})", token.id, token.name));
        }
    })?;
    if count > 0 {
        let tokens = counted(count, "active token");
        let (violate, stay) = if count == 1 { ("violates", "stays") } else { ("violate", "stay") };
        let more = if count > NAMED as u64 { ", …" } else { "" };
        context.out.remark(format!(
            "{tokens} {violate} this setting and {stay} valid: {}{more}",
            named.join(", ")
        ));
    }
    Ok(())
}
