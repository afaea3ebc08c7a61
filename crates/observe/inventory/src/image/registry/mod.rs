//! Images in a registry: asked for over HTTP, layers streamed from there without touching the disk.
//!
//! Protocol: OCI distribution specification 1.1; sign-in as Docker's registries want it ([`token`]), with the
//! credentials that `docker login` and `podman login` keep ([`credentials`]). What comes is checked against its
//! digest by whoever reads it; a transfer that breaks off goes on where it stopped. Plain `http` only to this
//! machine, or when it was asked for.

pub(crate) mod credentials;
mod token;

use self::credentials::Credentials;
use super::blobs::{Blobs, Stream, digest_of, read_bounded};
use super::error::ImageError;
use super::oci::{Descriptor, MANIFEST_BYTES_MAX};
use super::reference::Name;
use super::{Opened, Options, local};
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use vigie_kit::http::{Answer, Client, HttpError};
use vigie_kit::retry::Retry;

/// What manifests may be, for the server to choose from.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";
/// How often a transfer is taken up again.
const RESUMES_MAX: u32 = 4;

/// Opens an image of a registry.
pub(crate) fn open(reference: &str, name: &Name, options: &Options) -> Result<Opened, ImageError> {
    let credentials = options.credentials.clone().or_else(|| credentials::find(&name.registry, options.docker_config.as_deref()));
    let registry = Arc::new(Registry::connect(name, credentials, options.plain_http)?);
    let wanted = name.digest.as_deref().or(name.tag.as_deref()).unwrap_or("latest");
    let bytes = registry.manifest(reference, wanted)?;
    let digest = digest_of(&bytes);
    if name.digest.as_ref().is_some_and(|wanted| *wanted != digest) {
        let why = format!("its bytes hash to {digest}, not to {wanted}");
        return Err(ImageError::Damaged { reference: reference.to_owned(), what: "manifest", why });
    }
    registry.known.lock().unwrap_or_else(PoisonError::into_inner).insert(digest.clone(), bytes);
    let descriptor = Descriptor { digest, ..Descriptor::default() };
    let mut opened = local::from_descriptor(reference, options.platform.as_ref(), descriptor, Vec::new(), registry)?;
    opened.names = vec![name.tagged()];
    Ok(opened)
}

/// A repository of a registry.
struct Registry {
    shared: Arc<Shared>,
    /// Manifests that were fetched by their tag.
    known: Mutex<HashMap<String, Vec<u8>>>,
}

/// What transfers that go on need.
struct Shared {
    client: Client,
    /// `https://host/v2/repository`.
    base: String,
    repository: String,
    host: String,
    plain_http: bool,
    credentials: Option<Credentials>,
    /// What the `Authorization` header says.
    authorization: Mutex<Option<String>>,
}

impl Registry {
    /// Finds out how the registry is to be spoken to.
    fn connect(name: &Name, credentials: Option<Credentials>, plain_http: bool) -> Result<Self, ImageError> {
        let host = match name.registry.as_str() {
            "docker.io" => "registry-1.docker.io",
            other => other,
        };
        let loopback = is_loopback(host);
        let probe = Client::new(Retry { attempts_max: 1, ..Retry::default() });
        let ping = |scheme: &str| probe.open(&format!("{scheme}://{host}/v2/"), &[]);
        // On this machine registries mostly speak plain http; one that speaks TLS answers 400 or hangs up.
        let plain = plain_http || (loopback && ping("http").is_ok_and(|answer| answer.status() != 400));
        let https = (!plain).then(|| ping("https"));
        let scheme = match https {
            Some(Ok(_)) => "https",
            Some(Err(source)) => {
                // A server that does not speak TLS answers, but not to that.
                let registry = host.to_owned();
                let unencrypted = matches!(source, HttpError::Untrusted { .. }) && ping("http").is_ok();
                return Err(match unencrypted {
                    true => ImageError::PlainHttp { registry },
                    false => ImageError::Registry { registry, source: Box::new(source) },
                });
            }
            None => "http",
        };
        let shared = Shared {
            client: Client::default(),
            base: format!("{scheme}://{host}/v2/{}", name.repository),
            repository: name.repository.clone(),
            host: host.to_owned(),
            plain_http: plain_http || loopback,
            credentials,
            authorization: Mutex::new(None),
        };
        Ok(Self { shared: Arc::new(shared), known: Mutex::default() })
    }

    fn manifest(&self, reference: &str, wanted: &str) -> Result<Vec<u8>, ImageError> {
        let shared = &self.shared;
        let failed = |source| ImageError::Registry { registry: shared.host.clone(), source: Box::new(source) };
        let answer = shared.ask(&format!("manifests/{wanted}"), &[("Accept", MANIFESTS)]).map_err(failed)?;
        let registry = shared.host.clone();
        let reference = reference.to_owned();
        match answer.status() {
            200 => read_bounded(answer.into_body(), MANIFEST_BYTES_MAX).map_err(|error| ImageError::Damaged {
                reference,
                what: "manifest",
                why: error.to_string(),
            }),
            401 => Err(ImageError::SignIn { registry, reference, tried: shared.credentials.is_some() }),
            status => Err(ImageError::NotInRegistry { registry, reference, status }),
        }
    }
}

impl Blobs for Registry {
    fn open(&self, digest: &str) -> io::Result<Stream> {
        let path = format!("blobs/{digest}");
        let body = self.shared.body(&path, 0)?;
        Ok(Box::new(Transfer { shared: Arc::clone(&self.shared), path, at: 0, resumes: 0, body }))
    }

    fn open_manifest(&self, digest: &str) -> io::Result<Stream> {
        if let Some(bytes) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(digest) {
            return Ok(Box::new(io::Cursor::new(bytes.clone())));
        }
        let answer = self.shared.ask(&format!("manifests/{digest}"), &[("Accept", MANIFESTS)]).map_err(io::Error::other)?;
        if answer.status() == 200 { Ok(Box::new(answer.into_body())) } else { Err(refused(answer.status())) }
    }
}

impl Shared {
    /// Asks, and signs in where the registry wants that, once.
    fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, HttpError> {
        let url = format!("{}/{path}", self.base);
        let answer = self.ask_as(&url, headers, self.authorized().as_deref())?;
        if answer.status() != 401 {
            return Ok(answer);
        }
        let challenges: Vec<String> = answer.headers("www-authenticate").map(str::to_owned).collect();
        let Some(fresh) = token::answer(self, &challenges)? else { return Ok(answer) };
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
        self.ask_as(&url, headers, Some(&fresh))
    }

    fn authorized(&self) -> Option<String> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn ask_as(&self, url: &str, headers: &[(&str, &str)], authorization: Option<&str>) -> Result<Answer, HttpError> {
        let mut headers = headers.to_vec();
        if let Some(value) = authorization {
            headers.push(("Authorization", value));
        }
        self.client.open(url, &headers)
    }

    /// The body of a blob from this byte on.
    fn body(&self, path: &str, at: u64) -> io::Result<Stream> {
        let range = format!("bytes={at}-");
        let headers = if at > 0 { vec![("Range", range.as_str())] } else { vec![] };
        let answer = self.ask(path, &headers).map_err(io::Error::other)?;
        match (answer.status(), at) {
            (200, 0) | (206, 1..) => Ok(Box::new(answer.into_body())),
            // A server that knows no ranges: what is there already is read once more and thrown away.
            (200, at) => {
                let mut body = answer.into_body();
                let passed = io::copy(&mut body.by_ref().take(at), &mut io::sink())?;
                if passed == at { Ok(Box::new(body)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
            }
            (status, _) => Err(refused(status)),
        }
    }
}

fn refused(status: u16) -> io::Error {
    let kind = match status {
        401 | 403 => io::ErrorKind::PermissionDenied,
        404 => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, format!("the registry answered with status {status}"))
}

/// A blob on its way, taken up again where it breaks off.
struct Transfer {
    shared: Arc<Shared>,
    path: String,
    at: u64,
    resumes: u32,
    body: Stream,
}

impl Read for Transfer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.body.read(buffer) {
                Ok(count) => {
                    self.at += count as u64;
                    return Ok(count);
                }
                Err(error) if self.resumes == RESUMES_MAX => return Err(error),
                Err(error) => {
                    self.resumes += 1;
                    tracing::info!(%error, path = self.path, at = self.at, "a transfer broke off and is taken up again");
                    self.body = self.shared.body(&self.path, self.at)?;
                }
            }
        }
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let name = host
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or_else(|| host.split(':').next().unwrap_or_default(), |(name, _)| name);
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// How long a helper for credentials may take.
const HELPER_TIME: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests;
