//! TLS: the certificate, which can be read again while the server runs.

use crate::error::{Error, Result};
use crate::serve::config::TlsFiles;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt::Display;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;

/// A certificate and its key.
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// When they cannot be read, or do not belong together.
    pub fn read(files: TlsFiles) -> Result<Self> {
        let current = RwLock::new(Arc::new(server_config(&files)?));
        Ok(Tls { files, current })
    }

    /// Reads the files again, for connections from now on.
    ///
    /// # Errors
    ///
    /// The same as before; then everything stays as it is.
    pub fn reload(&self) -> Result<()> {
        let read = Arc::new(server_config(&self.files)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// Accepts connections with the current certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone().into()
    }
}

fn server_config(files: &TlsFiles) -> Result<ServerConfig> {
    let TlsFiles { certificate, key } = files;
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|why| unusable(certificate, why))?;
    if chain.is_empty() {
        return Err(unusable(certificate, "it contains no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|why| unusable(key, why))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| unusable(certificate, why))?
        .with_no_client_auth()
        .with_single_cert(chain, private);
    let mut config = config.map_err(|why| unusable(certificate, why))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn unusable(file: &Path, why: impl Display) -> Error {
    Error::unavailable(format!("cannot use {}", file.display()), why)
        .hint("--tls-cert takes a certificate chain in PEM, and --tls-key its private key")
}
