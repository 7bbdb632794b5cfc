//! Settings are keys and values; what a value means is not the store's business.

use crate::support::{Database, difficult_texts};
use tokctl::domain::setting::Setting;
use tokctl::domain::settings::Settings;

conformance!(
    a_new_database_has_no_settings,
    every_setting_reads_back_as_it_was_set,
    setting_again_replaces_the_value,
    unsetting_leaves_the_other_settings_alone,
    unsetting_what_is_not_set_changes_nothing,
    any_text_is_a_value,
);

fn settings(database: &Database) -> Settings {
    database.read(|rows| rows.settings())
}

fn a_new_database_has_no_settings(database: Database) {
    let settings = settings(&database);
    for setting in Setting::ALL {
        assert_eq!(settings.get(setting), None, "{}", setting.key());
    }
}

fn every_setting_reads_back_as_it_was_set(database: Database) {
    let value = |setting: Setting| format!("value of {}", setting.key());
    database.write(|rows| {
        Setting::ALL.into_iter().try_for_each(|setting| rows.set_setting(setting, &value(setting)))
    });
    let settings = settings(&database);
    for setting in Setting::ALL {
        assert_eq!(settings.get(setting), Some(value(setting).as_str()));
    }
}

fn setting_again_replaces_the_value(database: Database) {
    database.write(|rows| rows.set_setting(Setting::Prefix, "acme"));
    database.write(|rows| rows.set_setting(Setting::Prefix, "new"));
    assert_eq!(settings(&database).get(Setting::Prefix), Some("new"));
}

fn unsetting_leaves_the_other_settings_alone(database: Database) {
    database.write(|rows| {
        rows.set_setting(Setting::Prefix, "acme")?;
        rows.set_setting(Setting::Owners, "admins")
    });
    database.write(|rows| rows.unset_setting(Setting::Prefix));
    let settings = settings(&database);
    assert_eq!(settings.get(Setting::Prefix), None);
    assert_eq!(settings.get(Setting::Owners), Some("admins"));
}

fn unsetting_what_is_not_set_changes_nothing(database: Database) {
    database.write(|rows| rows.unset_setting(Setting::Prefix));
    assert_eq!(settings(&database).get(Setting::Prefix), None);
}

fn any_text_is_a_value(database: Database) {
    for text in difficult_texts() {
        database.write(|rows| rows.set_setting(Setting::DefaultUser, &text));
        assert_eq!(settings(&database).get(Setting::DefaultUser), Some(text.as_str()));
    }
}
