//! What help and the manual list besides options: groups of commands, exit codes, environment
//! variables and files.

/// The commands by purpose, in the order that `tokctl --help` lists them.
pub const GROUPS: [(&str, &[&str]); 6] = [
    ("Issue and verify tokens", &["create", "verify", "rotate", "edit", "serve"]),
    ("Inspect tokens", &["list", "show", "log", "stats"]),
    ("Revoke and delete tokens", &["revoke", "unrevoke", "revoke-all", "prune"]),
    ("Users and settings", &["user", "settings"]),
    (
        "Import, backup and maintenance",
        &["import", "export", "backup", "restore", "migrate", "doctor"],
    ),
    ("Other commands", &["completions", "man", "help"]),
];

/// The exit codes with their meanings.
pub const EXIT_CODES: [(&str, &str); 5] = [
    ("0", "Success; for verify: the token is good"),
    ("1", "The answer is no: token rejected, no such token or user, nothing imported"),
    ("2", "Invalid request: bad usage, bad value, ambiguous name, or no --yes"),
    ("3", "For verify: the token is good but lacks a required scope"),
    ("4", "Could not find out: database missing, locked or unreadable; output failed"),
];

/// The environment variables with their effects.
pub const ENVIRONMENT: [(&str, &str); 6] = [
    ("TOKCTL_DATABASE", "The database, if --database is not given. Ignored if empty."),
    (
        "TOKCTL_USER",
        "The owner of new tokens if --user is not given, and of imported ones without an owner.",
    ),
    ("XDG_DATA_HOME", "The directory that contains tokctl/tokctl.db. Default: ~/.local/share."),
    ("NO_COLOR", "Turns color off if not empty, unless --color is given."),
    ("CLICOLOR_FORCE", "Turns color on even if output is not a terminal. Ignored if empty or 0."),
    ("API_TOKEN_SALT", "The salt of a Strapi project, for import strapi."),
];

/// The files that tokctl uses, with descriptions.
pub const FILES: [(&str, &str); 1] = [(
    "~/.local/share/tokctl/tokctl.db",
    "The default database. It contains hashes of secrets, never the secrets themselves. An account \
     that can write to it can issue tokens, so only its owner has access when it is created.",
)];
