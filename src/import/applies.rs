//! Which options have a meaning for a source. One without is more likely a mistake than a wish.

use super::error::{Error, Result};
use super::jsonl;
use super::options::{OptionName, Options};
use super::source::{Access, Location};
use super::system::System;
use super::systems::SYSTEMS;

/// The options of every system, because each has tables.
const OF_TABLES: [OptionName; 4] =
    [OptionName::TablePrefix, OptionName::Table, OptionName::Users, OptionName::UsersKey];

/// Refuses an option that has no meaning for the place of a source.
///
/// # Errors
///
/// When there is one.
pub fn check_access(location: &Location, access: &Access) -> Result<()> {
    let usable: &[OptionName] = match location {
        Location::File(_) => &[],
        Location::MySql(_) => &[OptionName::SessionTimeZone],
        Location::Postgres(_) => &[OptionName::Schema],
    };
    check(&given_access(access), usable, &location.to_string())
}

/// Refuses an option that has no meaning for a system.
///
/// # Errors
///
/// When there is one.
pub fn check_system(system: &System, options: &Options) -> Result<()> {
    let usable = [&OF_TABLES, system.options].concat();
    check(&options.given(), &usable, system.name)
}

/// Refuses an option that has no meaning for a file of JSON Lines, which has no tables.
///
/// # Errors
///
/// When there is one.
pub fn check_jsonl(options: &Options, access: &Access) -> Result<()> {
    let given = [given_access(access), options.given()].concat();
    check(&given, jsonl::OPTIONS, jsonl::JSONL)
}

fn given_access(access: &Access) -> Vec<OptionName> {
    OptionName::those([
        (OptionName::Schema, access.schema.is_some()),
        (OptionName::SessionTimeZone, access.session_time_zone.is_some()),
    ])
}

fn check(given: &[OptionName], usable: &[OptionName], source: &str) -> Result<()> {
    match given.iter().find(|option| !usable.contains(option)) {
        Some(option) => Err(Error::UnusedOption {
            option: *option,
            source_name: source.to_string(),
            used_by: used_by(*option),
        }),
        None => Ok(()),
    }
}

fn used_by(option: OptionName) -> Vec<&'static str> {
    match option {
        OptionName::Schema => vec!["PostgreSQL"],
        OptionName::SessionTimeZone => vec!["MySQL", "MariaDB"],
        option if OF_TABLES.contains(&option) => vec!["databases"],
        option => {
            let systems = SYSTEMS.iter().map(|system| (system.name, system.options));
            let all = systems.chain([(jsonl::JSONL, jsonl::OPTIONS)]);
            all.filter(|(_, options)| options.contains(&option)).map(|(name, _)| name).collect()
        }
    }
}
