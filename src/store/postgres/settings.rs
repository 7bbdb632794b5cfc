//! The table of settings.

use super::session::Session;
use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::store::error::Result;

pub fn all(session: &mut Session) -> Result<Settings> {
    const ALL: &str = "SELECT key, value FROM settings";
    let rows = session.query(ALL, &[])?;
    let pairs = rows.iter().map(|row| Ok((row.try_get("key")?, row.try_get("value")?)));
    pairs.collect::<Result<Vec<(String, String)>>>().map(|pairs| pairs.into_iter().collect())
}

pub fn set(session: &mut Session, setting: Setting, value: &str) -> Result<()> {
    const SET: &str = "INSERT INTO settings (key, value) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    session.execute(SET, &[&setting.key(), &value])?;
    Ok(())
}

pub fn unset(session: &mut Session, setting: Setting) -> Result<()> {
    const UNSET: &str = "DELETE FROM settings WHERE key = $1";
    session.execute(UNSET, &[&setting.key()])?;
    Ok(())
}
