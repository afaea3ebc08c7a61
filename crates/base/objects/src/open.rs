//! Setting up the client of a provider.

use crate::address::{Address, Place};
use crate::error::ObjectsError;
use crate::objects::Objects;
use crate::profile;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{BackoffConfig, ClientOptions, HeaderValue, ObjectStore, RetryConfig};
use std::sync::Arc;
use std::time::Duration;

/// How long a request may take and how often it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One attempt, with its body.
    pub request_time_max: Duration,
    /// Making a connection.
    pub connect_time_max: Duration,
    /// Attempts after the first.
    pub retries_max: usize,
    /// No attempt begins when so much time has passed since the first.
    pub retry_time_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_time_max: Duration::from_secs(60),
            connect_time_max: Duration::from_secs(5),
            retries_max: 4,
            retry_time_max: Duration::from_secs(60),
        }
    }
}

impl Objects {
    /// Opens a place by its address. Asks nobody yet: whether it is there shows with the first request.
    ///
    /// # Errors
    /// [`ObjectsError::Address`], [`ObjectsError::Settings`], or [`ObjectsError::NoPlace`] for a
    /// directory that cannot be made.
    pub fn open(address: &str, limits: Limits) -> Result<Self, ObjectsError> {
        let address = Address::parse(address)?;
        let store = build(&address, limits)?;
        Ok(Self::new(address, store))
    }

    /// Objects in the memory of this program, for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(Address::memory(), Arc::new(InMemory::new()))
    }
}

fn build(address: &Address, limits: Limits) -> Result<Arc<dyn ObjectStore>, ObjectsError> {
    let unset = |_| ObjectsError::Settings { address: address.to_string() };
    let endpoint = address.endpoint.as_deref();
    let client = client(limits);
    let retry = retry(limits);
    Ok(match &address.place {
        Place::S3 { bucket } => {
            let environment = AmazonS3Builder::from_env();
            let plain = [endpoint.map(str::to_owned)]
                .into_iter()
                .chain([AmazonS3ConfigKey::Endpoint, AmazonS3ConfigKey::S3Endpoint].map(|key| environment.get_config_value(&key)))
                .flatten()
                .next()
                .is_some_and(|endpoint| is_plain(&endpoint));
            let has_key = environment.get_config_value(&AmazonS3ConfigKey::AccessKeyId).is_some();
            let mut s3 = environment
                .with_bucket_name(bucket)
                .with_retry(retry)
                .with_client_options(client.with_allow_http(plain))
                // The server compares what it received with what we sent.
                .with_checksum_algorithm(Checksum::SHA256);
            if let Some(endpoint) = endpoint {
                s3 = s3.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
            }
            if let Some(region) = &address.region {
                s3 = s3.with_region(region);
            }
            if !has_key && let Some(keys) = profile::keys() {
                s3 = s3.with_access_key_id(keys.id).with_secret_access_key(keys.secret);
                s3 = keys.token.into_iter().fold(s3, AmazonS3Builder::with_token);
            }
            Arc::new(s3.build().map_err(unset)?)
        }
        Place::Azure { account, container } => {
            let plain = endpoint.is_some_and(is_plain);
            let mut azure = MicrosoftAzureBuilder::from_env()
                .with_account(account)
                .with_container_name(container)
                .with_retry(retry)
                .with_client_options(client.with_allow_http(plain));
            if let Some(endpoint) = endpoint {
                azure = azure.with_endpoint(endpoint.to_owned());
            }
            Arc::new(azure.build().map_err(unset)?)
        }
        Place::Google { bucket } => {
            let plain = endpoint.is_some_and(is_plain);
            let mut google = GoogleCloudStorageBuilder::from_env()
                .with_bucket_name(bucket)
                .with_retry(retry)
                .with_client_options(client.with_allow_http(plain));
            if let Some(endpoint) = endpoint {
                google = google.with_base_url(endpoint);
            }
            Arc::new(google.build().map_err(unset)?)
        }
        Place::Directory { path } => {
            let none = |_| ObjectsError::NoPlace { address: address.to_string() };
            std::fs::create_dir_all(path).map_err(none)?;
            Arc::new(LocalFileSystem::new_with_prefix(path).map_err(|_| ObjectsError::NoPlace { address: address.to_string() })?)
        }
        Place::Memory => Arc::new(InMemory::new()),
    })
}

/// Whether a server is asked without TLS: only when its address says so.
fn is_plain(endpoint: &str) -> bool {
    endpoint.starts_with("http://")
}

fn client(limits: Limits) -> ClientOptions {
    ClientOptions::new()
        .with_timeout(limits.request_time_max)
        .with_connect_timeout(limits.connect_time_max)
        .with_user_agent(HeaderValue::from_static(concat!("vigie/", env!("CARGO_PKG_VERSION"))))
}

fn retry(limits: Limits) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(5), base: 2. },
        max_retries: limits.retries_max,
        retry_timeout: limits.retry_time_max,
    }
}
