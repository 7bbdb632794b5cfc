//! Settings, and the tokens that a changed policy would not allow.

use super::error::{Error, Result};
use super::filter::Filter;
use super::handle::{Admin, Writer};
use super::tokens::Order;
use super::users;
use crate::domain::audit::Change;
use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::domain::token::{Status, Token};
use std::ops::ControlFlow;

impl Admin {
    /// All settings.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being read.
    pub fn settings(&self) -> Result<Settings> {
        self.read(|rows| Ok(rows.settings()?))
    }

    /// Sets a setting.
    ///
    /// # Errors
    ///
    /// When it does not take the value.
    pub fn set_setting(&self, setting: Setting, value: &str) -> Result<()> {
        let value = Admin::check_setting(setting, value)?;
        self.write(|writer| {
            if setting == Setting::DefaultUser {
                let user = users::find(writer.rows, &value)?;
                writer.rows.keep_user(user.id)?;
            }
            writer.set_setting(setting, &value)
        })
    }

    /// The value as it is stored.
    ///
    /// # Errors
    ///
    /// When the setting does not take it.
    pub fn check_setting(setting: Setting, value: &str) -> Result<String> {
        setting.check(value).map_err(|why| Error::InvalidValue { setting, why })
    }

    /// Restores the default of a setting.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being written.
    pub fn unset_setting(&self, setting: Setting) -> Result<()> {
        self.write(|writer| writer.unset_setting(setting))
    }

    /// Calls `each` with the active tokens that the setting would not allow if they were issued
    /// now. They stay as they are.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being read.
    pub fn violations(&self, setting: Setting, mut each: impl FnMut(Token)) -> Result<()> {
        let policy = self.settings()?.policy()?;
        let active = Filter { statuses: vec![Status::Active], ..Filter::default() };
        self.tokens(&active, Order::default(), |token| {
            if policy.violated_settings(&token).contains(&setting) {
                each(token);
            }
            Result::Ok(ControlFlow::Continue(()))
        })
    }
}

impl Writer<'_> {
    pub(super) fn set_setting(&mut self, setting: Setting, value: &str) -> Result<()> {
        self.rows.set_setting(setting, value)?;
        let detail = Some(format!("{} {value}", setting.key()));
        self.record(&Change { action: "settings set", detail, ..Change::default() })?;
        Ok(())
    }

    pub(super) fn unset_setting(&mut self, setting: Setting) -> Result<()> {
        self.rows.unset_setting(setting)?;
        let detail = Some(setting.key().to_string());
        self.record(&Change { action: "settings unset", detail, ..Change::default() })?;
        Ok(())
    }
}
