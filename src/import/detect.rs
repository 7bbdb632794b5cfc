//! Which system a source belongs to.

use super::applies::check_system;
use super::catalog::{Catalog, Table};
use super::error::{Error, Result};
use super::jsonl;
use super::options::Options;
use super::plan::{Plan, token_table};
use super::reader::Reader;
use super::source::Source;
use super::system::System;
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

/// The names of everything that can be imported from, in the order that help and errors list them.
pub fn system_names() -> impl Iterator<Item = &'static str> {
    SYSTEMS.iter().map(|system| system.name).chain([jsonl::JSONL])
}

/// A reader for the tokens of this system in a source; without a system, of the only one whose
/// tables the source has.
///
/// # Errors
///
/// When the source does not have the tables, or those of several systems, when an option was given
/// that the system does not use, and when something about the source is in doubt.
pub fn detect<'a>(
    system: Option<&'static System>,
    source: &'a dyn Source,
    options: &'a Options,
) -> Result<Reader<'a>> {
    let candidates = match system {
        Some(system) => vec![system],
        None => SYSTEMS.to_vec(),
    };
    let mut fitting = fitting(&candidates, source, options)?;
    let systems: Vec<_> = fitting.iter().map(|(system, _)| system.name).collect();
    let Some((system, tokens)) = fitting.pop() else {
        return Err(not_found(system, source, options)?);
    };
    if systems.len() > 1 {
        return Err(Error::SeveralSystems { location: source.location(), systems });
    }
    check_system(system, options)?;
    let plan = Plan::new(&Catalog { system, source, options }, &tokens)?;
    Reader::new(system, source, options, plan)
}

/// The systems whose tables a source has.
fn fitting(
    candidates: &[&'static System],
    source: &dyn Source,
    options: &Options,
) -> Result<Vec<(&'static System, Table)>> {
    let mut fitting = Vec::new();
    for system in candidates {
        fitting.extend(token_table(system, source, options)?.map(|table| (*system, table)));
    }
    Ok(fitting)
}

/// Why a source has no tokens of this system, or of any.
fn not_found(
    system: Option<&'static System>,
    source: &dyn Source,
    options: &Options,
) -> Result<Error> {
    let location = source.location();
    let systems = system.map_or(SYSTEMS.to_vec(), |system| vec![system]);
    for system in systems {
        let catalog = Catalog { system, source, options };
        let Some(table) = catalog.table(system.token_table_name(options))? else { continue };
        let missing = table.missing(&system.tokens.required_columns());
        if !missing.is_empty() {
            let (table, system) = (table.name, system.name);
            return Ok(Error::MissingColumns { location, table, system, missing });
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
    let fits = fitting(SYSTEMS, source, options)?.first().map(|(system, _)| system.name);
    Ok(Error::NoTokens {
        location,
        system: system.map(|system| system.name),
        looked_for,
        found,
        fits,
    })
}

/// The tables without which a source is not one of a system, in words.
fn tables_of(system: &System, options: &Options) -> String {
    let tokens = system.token_table_name(options);
    if !system.users.is_required {
        return tokens;
    }
    let usual = || system.users.tables.iter().map(|name| system.table_name(name, options));
    let users = options.users.clone().unwrap_or_else(|| usual().collect::<Vec<_>>().join(" or "));
    format!("{users} and {tokens}")
}
