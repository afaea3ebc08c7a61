//! Where objects are: `s3://bucket/prefix`, `az://account/container/prefix`, `gs://bucket/prefix`,
//! `file:///directory`.
//!
//! `?endpoint=` names another server than the provider's (MinIO, Ceph, Azurite), `?region=` that of an
//! S3 bucket. An address holds no secret: one with a user name before an `@`, or with a parameter we do
//! not know (signed links have such), is refused.

use crate::error::ObjectsError;
use std::fmt;
use std::path::PathBuf;

/// Longer addresses are refused.
const ADDRESS_BYTES_MAX: usize = 2048;

/// Where objects are. As text it is the address it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    pub(crate) place: Place,
    /// Goes before every key; no slash at either end.
    pub(crate) prefix: String,
    /// Another server than the provider's.
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    S3 { bucket: String },
    Azure { account: String, container: String },
    Google { bucket: String },
    Directory { path: PathBuf },
    Memory,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ObjectsError::Address`] when it is none.
    pub fn parse(text: &str) -> Result<Self, ObjectsError> {
        parse(text).ok_or_else(|| ObjectsError::Address { address: shown(text) })
    }

    /// Objects in the memory of this program, for tests.
    pub(crate) fn memory() -> Self {
        Self { text: "memory".to_owned(), place: Place::Memory, prefix: String::new(), endpoint: None, region: None }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse(text: &str) -> Option<Address> {
    let plain = text.len() <= ADDRESS_BYTES_MAX && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    let (scheme, rest) = text.split_once("://").filter(|_| plain)?;
    if scheme == "file" {
        let path = PathBuf::from(rest);
        let place = Place::Directory { path };
        return rest.starts_with('/').then(|| Address {
            text: text.to_owned(),
            place,
            prefix: String::new(),
            endpoint: None,
            region: None,
        });
    }
    let (way, query) = rest.split_once('?').unwrap_or((rest, ""));
    if way.contains(['@', '#']) {
        return None;
    }
    let (mut endpoint, mut region) = (None, None);
    for (name, value) in query.split('&').filter(|part| !part.is_empty()).filter_map(|part| part.split_once('=')) {
        match name {
            "endpoint" => endpoint = Some(endpoint_of(value)?),
            "region" if is_name(value) => region = Some(value.to_owned()),
            _ => return None,
        }
    }
    if query.split('&').any(|part| !part.is_empty() && !part.contains('=')) {
        return None;
    }
    let mut parts = way.splitn(if scheme == "az" { 3 } else { 2 }, '/');
    let mut name = || parts.next().filter(|name| is_name(name)).map(str::to_owned);
    let place = match scheme {
        "s3" => Place::S3 { bucket: name()? },
        "gs" => Place::Google { bucket: name()? },
        "az" => Place::Azure { account: name()?, container: name()? },
        _ => return None,
    };
    let prefix = parts.next().unwrap_or_default().trim_matches('/').to_owned();
    let sound = !prefix.split('/').any(|part| matches!(part, "." | ".."));
    (sound && (scheme == "s3" || region.is_none())).then(|| Address { text: text.to_owned(), place, prefix, endpoint, region })
}

fn endpoint_of(value: &str) -> Option<String> {
    let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"))?;
    (!rest.is_empty() && !rest.contains(['@', '#', '?', '%'])).then(|| value.trim_end_matches('/').to_owned())
}

/// Names of buckets, accounts, containers and regions: letters, digits, and what stands between them.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// What may be shown of an address that is none: whatever a password could hide in is left out.
fn shown(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let way = text.get(..end).unwrap_or_default();
    let (scheme, rest) = way.split_once("://").map_or(("", way), |(scheme, rest)| (scheme, rest));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest: String = rest.chars().filter(|c| !c.is_control()).take(200).collect();
    if scheme.is_empty() { rest } else { format!("{scheme}://{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let s3 = Address::parse("s3://logs/a/b/?endpoint=http://127.0.0.1:9000/&region=eu-west-1").unwrap();
        assert_eq!(s3.place, Place::S3 { bucket: "logs".to_owned() });
        assert_eq!(
            (&*s3.prefix, s3.endpoint.as_deref(), s3.region.as_deref()),
            ("a/b", Some("http://127.0.0.1:9000"), Some("eu-west-1"))
        );
        let azure = Address::parse("az://house/logs").unwrap();
        assert_eq!(azure.place, Place::Azure { account: "house".to_owned(), container: "logs".to_owned() });
        assert_eq!(Address::parse("gs://logs").unwrap().prefix, "");
        let file = Address::parse("file:///srv/my%20lake").unwrap();
        assert_eq!(file.place, Place::Directory { path: "/srv/my%20lake".into() });
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_secret_shown() {
        for text in [
            "",
            "s3://",
            "s3:/logs",
            "logs",
            "http://logs",
            "az://account",
            "az://account/",
            "file://relative",
            "s3://logs/../up",
            "s3://user:secret@logs/x",
            "s3://logs?secret=secret",
            "gs://logs?region=x",
            "s3://logs?endpoint=ftp://x",
            "s3://logs?endpoint=http://me:secret@host",
            "s3://logs?secret",
            "s3://lo gs",
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
