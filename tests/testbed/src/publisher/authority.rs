// SPDX-License-Identifier: MIT
//! Certificates of an authority that nobody trusts but who is told to.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;

/// An authority of a test's own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What shows who a server is.
pub struct Certificate {
    chain: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// Where there is no randomness.
    #[must_use]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("there is randomness");
        let own = params.self_signed(&key).expect("the key is good");
        Self {
            pem: own.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Its own certificate, for who is to trust it.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// For a server of this name or address.
    ///
    /// # Panics
    /// Where it is neither.
    #[must_use]
    pub fn certify(&self, name: &str) -> Certificate {
        self.certify_until(name, 4096)
    }

    /// The same, that ended long ago.
    ///
    /// # Panics
    /// Where it is neither name nor address.
    #[must_use]
    pub fn certify_expired(&self, name: &str) -> Certificate {
        self.certify_until(name, 1999)
    }

    fn certify_until(&self, name: &str, year: i32) -> Certificate {
        let params = CertificateParams::new([name.to_owned()]);
        let mut params = params.expect("a name or an address");
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("there is randomness");
        let signed = params.signed_by(&key, &self.issuer);
        Certificate {
            chain: signed.expect("the key is good").der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).expect("it was just made"),
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Certificate {
    /// A server that shows it.
    pub(super) fn server(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows them")
            .with_no_client_auth()
            .with_single_cert(vec![self.chain.clone()], self.key.clone_key());
        Arc::new(config.expect("certificate and key belong together"))
    }
}
