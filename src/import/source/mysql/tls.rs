//! What a URL and the option file say about TLS, with the meaning that the clients of MySQL and
//! MariaDB give it.

use std::path::PathBuf;

/// How a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    Disabled,
    /// Encrypted if the server can.
    Preferred,
    /// Encrypted, but the server can be anybody.
    Required,
    /// The certificate must be good. The driver also trusts the public authorities, which give a
    /// certificate for some name to everybody, so the name is always checked, even where the clients'
    /// `verify_ca` does not.
    Verified(Option<PathBuf>),
}

/// The clients' `ssl-mode`. MariaDB's `ssl` and `skip-ssl` are two of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disabled,
    Preferred,
    Required,
    VerifyCa,
    VerifyIdentity,
}

/// The settings of one place. A later one overrides an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsSettings {
    mode: Option<Mode>,
    authority: Option<PathBuf>,
    is_verified: Option<bool>,
    /// The first setting that has no equivalent here.
    unsupported: Option<String>,
}

/// Why settings cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTls {
    #[error(
        "invalid value of ssl-mode: expected disabled, preferred, required, verify_ca or \
         verify_identity"
    )]
    Mode,
    #[error("invalid value of {0}: expected 1 or 0")]
    Flag(String),
    #[error("ssl-mode=verify_ca needs the certificate authority's file in ssl-ca")]
    NoAuthority,
    #[error("{0} is not supported")]
    Unsupported(String),
}

impl TlsSettings {
    /// Takes a setting whose name has dashes and no underscores. A flag can be without a value.
    /// Returns whether it is about TLS.
    ///
    /// # Errors
    ///
    /// When the value is not valid.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<bool, InvalidTls> {
        let (name, is_on) = match name.split_once('-') {
            Some(("skip" | "disable", rest)) => (rest, Some(false)),
            Some(("enable", rest)) => (rest, Some(true)),
            _ => (name, None),
        };
        let flag = || match (is_on, value.map(str::to_ascii_lowercase).as_deref()) {
            (Some(is_on), _) => Ok(is_on),
            (None, None | Some("1" | "on" | "true")) => Ok(true),
            (None, Some("0" | "off" | "false")) => Ok(false),
            (None, Some(_)) => Err(InvalidTls::Flag(name.to_string())),
        };
        match name {
            "ssl" => self.mode = Some(if flag()? { Mode::Required } else { Mode::Disabled }),
            "ssl-mode" | "sslmode" => self.mode = Some(mode(value.unwrap_or_default())?),
            "ssl-ca" | "sslca" => {
                self.authority = value.filter(|file| !file.is_empty()).map(PathBuf::from);
            }
            "ssl-verify-server-cert" => self.is_verified = Some(flag()?),
            name if name.starts_with("ssl-") || name.starts_with("tls-") => {
                self.unsupported.get_or_insert_with(|| name.to_string());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// These settings, or `other` if there are none. Whether a certificate is checked must not depend
    /// on a mixture of both; the file of the authority only says how it is.
    pub fn or(self, other: TlsSettings) -> TlsSettings {
        if self == TlsSettings::default() {
            return other;
        }
        TlsSettings { authority: self.authority.or(other.authority), ..self }
    }

    /// What the settings come to.
    ///
    /// # Errors
    ///
    /// When one is not supported, or one is missing.
    pub fn tls(self) -> Result<Tls, InvalidTls> {
        if let Some(name) = self.unsupported.filter(|_| self.mode != Some(Mode::Disabled)) {
            return Err(InvalidTls::Unsupported(name));
        }
        Ok(match (self.mode, self.is_verified, self.authority) {
            (Some(Mode::Disabled), ..) => Tls::Disabled,
            (Some(Mode::VerifyIdentity), _, file) | (_, Some(true), file) => Tls::Verified(file),
            (Some(Mode::VerifyCa), _, None) => return Err(InvalidTls::NoAuthority),
            (Some(Mode::VerifyCa), _, file) => Tls::Verified(file),
            (Some(Mode::Preferred), ..) | (None, _, None) => Tls::Preferred,
            // As with the clients, a certificate authority alone asks for a check.
            (None | Some(Mode::Required), None, Some(file)) => Tls::Verified(Some(file)),
            (None, Some(false), Some(_)) | (Some(Mode::Required), ..) => Tls::Required,
        })
    }
}

fn mode(text: &str) -> Result<Mode, InvalidTls> {
    match text.to_ascii_lowercase().replace('-', "_").as_str() {
        "disabled" | "disable" => Ok(Mode::Disabled),
        "preferred" | "prefer" => Ok(Mode::Preferred),
        "required" | "require" => Ok(Mode::Required),
        "verify_ca" => Ok(Mode::VerifyCa),
        "verify_identity" => Ok(Mode::VerifyIdentity),
        _ => Err(InvalidTls::Mode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> TlsSettings {
        let mut settings = TlsSettings::default();
        for line in text.split_whitespace() {
            let (name, value) =
                line.split_once('=').map_or((line, None), |(name, value)| (name, Some(value)));
            assert!(settings.set(name, value).unwrap(), "{line}");
        }
        settings
    }

    fn file() -> Option<PathBuf> {
        Some(PathBuf::from("/ca"))
    }

    #[test]
    fn settings_mean_what_they_mean_to_the_clients() {
        for (text, expected) in [
            ("", Tls::Preferred),
            ("ssl", Tls::Required),
            ("ssl=1", Tls::Required),
            ("skip-ssl", Tls::Disabled),
            ("ssl=0", Tls::Disabled),
            ("ssl-mode=DISABLED", Tls::Disabled),
            ("ssl-mode=PREFERRED ssl-ca=/ca", Tls::Preferred),
            ("sslmode=require", Tls::Required),
            ("ssl-mode=REQUIRED ssl-ca=/ca", Tls::Verified(file())),
            ("ssl ssl-ca=/ca", Tls::Verified(file())),
            ("ssl-ca=/ca", Tls::Verified(file())),
            ("ssl-mode=VERIFY_CA ssl-ca=/ca", Tls::Verified(file())),
            ("ssl-mode=verify-identity", Tls::Verified(None)),
            ("ssl-verify-server-cert", Tls::Verified(None)),
            ("ssl-verify-server-cert ssl-ca=/ca", Tls::Verified(file())),
            ("ssl-ca=/ca skip-ssl-verify-server-cert", Tls::Required),
            ("disable-ssl-verify-server-cert", Tls::Preferred),
        ] {
            assert_eq!(settings(text).tls(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn the_first_place_decides_and_the_second_completes_it() {
        for (url, options, expected) in [
            ("", "ssl-mode=REQUIRED", Tls::Required),
            ("ssl-mode=PREFERRED", "ssl-verify-server-cert", Tls::Preferred),
            ("ssl-mode=VERIFY_CA", "ssl-ca=/ca", Tls::Verified(file())),
            ("ssl-ca=/ca", "ssl-ca=/other skip-ssl", Tls::Verified(file())),
            ("ssl-mode=REQUIRED", "ssl-cipher=x", Tls::Required),
        ] {
            let tls = settings(url).or(settings(options)).tls();
            assert_eq!(tls, Ok(expected), "{url}, {options}");
        }
    }

    #[test]
    fn a_setting_that_is_not_understood_is_refused() {
        let unsupported = InvalidTls::Unsupported("ssl-cipher".into());
        assert_eq!(settings("ssl-cipher=x").tls(), Err(unsupported));
        assert_eq!(settings("ssl-mode=verify_ca").tls(), Err(InvalidTls::NoAuthority));
        let mut settings = TlsSettings::default();
        assert_eq!(settings.set("ssl-mode", Some("on")), Err(InvalidTls::Mode));
        assert_eq!(settings.set("ssl", Some("x")), Err(InvalidTls::Flag("ssl".into())));
        assert_eq!(settings.set("charset", Some("x")), Ok(false));
    }
}
