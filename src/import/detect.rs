//! Which system a source belongs to.

use super::driver::Reader;
use super::error::{Error, Result};
use super::options::{OptionName, Options};
use super::plan::Plan;
use super::source::Source;
use super::system::{System, UserTable};
use super::systems::SYSTEMS;

/// The system with this name.
///
/// # Errors
///
/// When there is none.
pub fn find(name: &str) -> Result<&'static System> {
    let found = SYSTEMS.iter().copied().find(|system| system.name == name);
    found.ok_or_else(|| Error::UnknownSystem(name.to_string()))
}

/// A reader for the tokens of this system in a source; without a system, of the only one whose
/// tables the source has.
///
/// # Errors
///
/// When the source does not have the tables, or those of several systems, and when an option was
/// given that the system does not use.
pub fn detect<'a>(
    system: Option<&'static System>,
    source: &'a dyn Source,
    options: &'a Options,
) -> Result<Reader<'a>> {
    let candidates = match system {
        Some(system) => vec![system],
        None => SYSTEMS.to_vec(),
    };
    let mut fitting = Vec::new();
    for candidate in candidates {
        if let Some(plan) = Plan::new(candidate, source, options)? {
            fitting.push((candidate, plan));
        }
    }
    let systems: Vec<_> = fitting.iter().map(|(system, _)| system.name).collect();
    let Some((system, plan)) = fitting.pop() else {
        return Err(not_found(system, source, options)?);
    };
    if systems.len() > 1 {
        return Err(Error::SeveralSystems { location: source.location(), systems });
    }
    check_options(system, options)?;
    Reader::new(system, source, options, plan)
}

/// Why a source has no tokens of this system, or of any.
fn not_found(
    system: Option<&'static System>,
    source: &dyn Source,
    options: &Options,
) -> Result<Error> {
    let location = source.location();
    if let Some(system) = system {
        let table = system.token_table_name(options);
        let missing = missing_columns(system, &source.columns(&table)?);
        if !missing.is_empty() {
            return Ok(Error::MissingColumns { location, table, system: system.name, missing });
        }
    }
    let looked_for = match system {
        Some(system) => tables_of(system, options),
        None => {
            let of = |system: &&System| format!("{} ({})", tables_of(system, options), system.name);
            SYSTEMS.iter().map(of).collect::<Vec<_>>().join("; ")
        }
    };
    let tables = source.tables()?;
    let found = if tables.is_empty() { "no tables".to_string() } else { tables.join(", ") };
    Ok(Error::NoTokens { location, system: system.map(|system| system.name), looked_for, found })
}

/// The columns that the table of tokens lacks; none if it does not exist.
fn missing_columns(system: &System, found: &[String]) -> Vec<&'static str> {
    let is_missing = |name: &&str| !found.iter().any(|column| column.eq_ignore_ascii_case(name));
    if found.is_empty() {
        return Vec::new();
    }
    system.tokens.required_columns().into_iter().filter(is_missing).collect()
}

/// The tables without which a source is not one of a system, in words.
fn tables_of(system: &System, options: &Options) -> String {
    let tokens = system.token_table_name(options);
    if !system.users.is_required {
        return tokens;
    }
    let users = match &system.users.table {
        UserTable::Named(names) => *names,
        UserTable::Referenced { otherwise, .. } => &[*otherwise],
    };
    let users: Vec<_> = users.iter().map(|name| system.table_name(name, options)).collect();
    format!("{} and {tokens}", users.join(" or "))
}

/// An option that means nothing is more likely a mistake than a wish.
fn check_options(system: &System, options: &Options) -> Result<()> {
    let unused = options.given().into_iter().find(|option| !system.options.contains(option));
    match unused {
        Some(option) => {
            Err(Error::UnusedOption { option, system: system.name, used_by: used_by(option) })
        }
        None => Ok(()),
    }
}

fn used_by(option: OptionName) -> Vec<&'static str> {
    let systems = SYSTEMS.iter().filter(|system| system.options.contains(&option));
    systems.map(|system| system.name).collect()
}
