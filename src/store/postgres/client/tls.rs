//! TLS as libpq's `sslmode` describes it, by rustls.

use super::address::{Mode, Roots, Tls};
use super::error::Error;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore,
    SignatureScheme,
};
use std::path::Path;
use std::sync::Arc;

/// The configuration of a connection that is encrypted if it can be.
pub fn config(tls: &Tls) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Tls(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier(tls, provider)?));
    let mut config = match &tls.identity {
        Some((certificate, key)) => {
            let unreadable = |why: rustls::pki_types::pem::Error| Error::Certificate {
                file: key.clone(),
                why: why.to_string(),
            };
            let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable)?;
            let chain = certificates(certificate)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| Error::Tls(error.to_string()))?
        }
        None => builder.with_no_client_auth(),
    };
    if tls.is_direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(config)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unreadable = |why: rustls::pki_types::pem::Error| Error::Certificate {
        file: file.to_path_buf(),
        why: why.to_string(),
    };
    let read = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
    read.collect::<Result<Vec<_>, _>>().map_err(unreadable)
}

fn verifier(tls: &Tls, provider: Arc<CryptoProvider>) -> Result<Verifier, Error> {
    let is_full = tls.mode == Mode::VerifyFull;
    if !is_full && tls.mode != Mode::VerifyCa {
        return Ok(Verifier { provider, trusted: None, checks_name: false });
    }
    let certificates = match &tls.roots {
        Some(Roots::File(file)) => certificates(file)?,
        Some(Roots::System) => rustls_native_certs::load_native_certs().certs,
        None => return Err(Error::NoRootCertificate),
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| Error::Tls(error.to_string()))?;
    let trusted = Some(Trusted { chains, certificates });
    Ok(Verifier { provider, trusted, checks_name: is_full })
}

/// Checks as much as `sslmode` says. The server always has to prove that it has the key of its
/// certificate.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Whose certificates are good; `None`: anybody's.
    trusted: Option<Trusted>,
    checks_name: bool,
}

#[derive(Debug)]
struct Trusted {
    chains: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(trusted) = &self.trusted else { return Ok(ServerCertVerified::assertion()) };
        match trusted.chains.verify_server_cert(
            certificate,
            intermediates,
            name,
            ocsp_response,
            now,
        ) {
            Err(TlsError::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
                if !self.checks_name =>
            {
                Ok(ServerCertVerified::assertion())
            }
            // A server's own certificate can be the root, which is usual for self-signed ones and
            // not allowed by webpki.
            Err(TlsError::InvalidCertificate(_)) if trusted.certificates.contains(certificate) => {
                if self.checks_name {
                    let certificate = rustls::server::ParsedCertificate::try_from(certificate)?;
                    rustls::client::verify_server_name(&certificate, name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            answer => answer,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
