//! The errors of a source that is a server's, as the command line shows them.

use super::Error;
use crate::import::source::Cause;
use crate::text::shell::quote;

/// The error of a source that is a server's.
pub fn server_error(what: String, cause: &Cause) -> Error {
    let request = |hint: &str| Error::request(&what, cause).hint(hint);
    let unavailable = |hint: &str| Error::unavailable(&what, cause).hint(hint);
    match cause {
        Cause::UnknownScheme | Cause::NoDatabase => {
            request("name a file, mysql://USER@HOST/DATABASE or postgres://USER@HOST/DATABASE")
        }
        Cause::InvalidUrl(_)
        | Cause::OptionFile { .. }
        | Cause::UnknownDatabase(_)
        | Cause::NotBuilt(_) => Error::request(&what, cause),
        Cause::InvalidTls(_) => {
            request("ssl-mode and ssl-ca in the URL override the settings of TLS in ~/.my.cnf")
        }
        Cause::OpenOptionFile(file) => {
            let file = quote(&file.display().to_string());
            request(&format!("run `chmod 600 {file}`, and check what it contains"))
        }
        Cause::UnknownSchema(_) => request("name the schema of the tables with --schema"),
        Cause::UnknownTimeZone(_) => request(
            "load the server's time zone tables (mariadb-tzinfo-to-sql or \
                 mysql_tzinfo_to_sql), or give an offset if the zone has no summer time",
        ),
        Cause::Unreachable(_) => {
            unavailable("check the host and the port, and that the server accepts connections")
        }
        Cause::Insecure(_) => {
            unavailable("check the certificates, and what the URL and ~/.my.cnf say about TLS")
        }
        Cause::NoPassword { looked_in, .. } => {
            unavailable(&format!("give one in {looked_in}, or at the prompt in a terminal"))
        }
        Cause::WrongLogin(_) => unavailable("check the user and the password"),
        Cause::NoRight { needed, .. } => {
            unavailable(&format!("the user needs the right to read all columns: {needed}"))
        }
        Cause::NoRootCertificate => unavailable(
            "name a root certificate with sslrootcert, or the operating system's with \
             sslrootcert=system",
        ),
        Cause::PasswordFileTooOpen { file, .. } => {
            unavailable(&format!("set the mode of {} to 0600", file.display()))
        }
        Cause::Disconnected(_) => unavailable("nothing was imported; try again"),
        _ => Error::unavailable(&what, cause),
    }
}
