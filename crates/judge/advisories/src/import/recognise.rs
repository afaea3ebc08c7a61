//! What a file is, by how it begins: names are whatever somebody saved it under.

use flate2::read::MultiGzDecoder;
use std::io::Read;

/// As much of a file's beginning as decides.
pub const HEAD_BYTES: usize = 64 * 1024;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A zip of files of the other formats; OSV publishes its records so.
    Zip,
    /// One OSV record; GitHub's advisories are such.
    Osv,
    /// CISA's catalogue of known exploited vulnerabilities.
    Kev,
    /// Probabilities of exploitation.
    Epss,
    /// Debian's security tracker.
    DebianTracker,
    /// A file of Ubuntu's CVE tracker.
    UbuntuTracker,
    /// A security database of Alpine, Wolfi or Chainguard.
    Secdb,
    /// A CSAF document, of a distribution or as VEX.
    Csaf,
    /// The National Vulnerability Database.
    Nvd,
    /// An OpenVEX document. It holds no vulnerability data, but statements on findings.
    OpenVex,
    /// A CycloneDX document: a bill of materials, or VEX.
    CycloneDx,
}

/// What a file holds, from its first [`HEAD_BYTES`]; a file packed with gzip is what is in it.
#[must_use]
pub fn recognise(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(Format::Zip);
    }
    if !is_packed(head) {
        return plain(head);
    }
    let (mut unpacked, mut piece) = (Vec::new(), [0; 4096]);
    let mut decoder = MultiGzDecoder::new(head);
    // The head ends within the stream, so the end is an error: what came before counts.
    while unpacked.len() < HEAD_BYTES {
        match decoder.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(read) => unpacked.extend_from_slice(&piece[..read]),
        }
    }
    plain(&unpacked)
}

/// Whether the file is packed with gzip.
pub(super) fn is_packed(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
}

fn plain(head: &[u8]) -> Option<Format> {
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
    let text = text.trim_start();
    let has = |word: &str| text.contains(word);
    if text.starts_with('{') {
        return json(has);
    }
    let mut lines = text.lines().take(50);
    match () {
        () if text.starts_with("cveID,") || text.lines().next().is_some_and(|line| line.contains("\"cveID\"")) => {
            Some(Format::Kev)
        }
        () if lines.clone().take(3).any(|line| line.starts_with("cve,epss")) => Some(Format::Epss),
        () if lines.any(|line| line.starts_with("Candidate: ")) => Some(Format::UbuntuTracker),
        () => None,
    }
}

/// The order matters: a document may quote words of another.
fn json(has: impl Fn(&str) -> bool) -> Option<Format> {
    let format = match () {
        () if has("\"catalogVersion\"") || has("\"cveID\"") => Format::Kev,
        () if has("openvex.dev/ns") => Format::OpenVex,
        () if has("\"bomFormat\"") => Format::CycloneDx,
        () if has("\"csaf_version\"") || has("\"csaf_vex\"") || has("\"csaf_security_advisory\"") => Format::Csaf,
        () if has("\"NVD_CVE\"") || has("\"resultsPerPage\"") => Format::Nvd,
        () if has("\"secfixes\"") || has("\"apkurl\"") => Format::Secdb,
        () if has("\"releases\"") && (has("\"CVE-") || has("\"TEMP-")) && has("\"status\"") => Format::DebianTracker,
        () if has("\"id\"") => Format::Osv,
        () => return None,
    };
    Some(format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    #[test]
    fn files_are_known_by_their_beginning() {
        for (head, expected) in [
            ("PK\x03\x04…", Some(Format::Zip)),
            (r#"{"schema_version":"1.7.0","id":"GHSA-x","affected":[]}"#, Some(Format::Osv)),
            (r#" {"title":"x","catalogVersion":"1"}"#, Some(Format::Kev)),
            ("cveID,vendorProject\n", Some(Format::Kev)),
            ("#model_version:v1\ncve,epss,percentile\n", Some(Format::Epss)),
            (r#"{"alpha":{"CVE-2099-1":{"releases":{"sid":{"status":"open"}}}}}"#, Some(Format::DebianTracker)),
            ("PublicDate: 2099\nCandidate: CVE-2099-1\n", Some(Format::UbuntuTracker)),
            (r#"{"apkurl":"x","packages":[]}"#, Some(Format::Secdb)),
            (r#"{"document":{"category":"csaf_vex"}}"#, Some(Format::Csaf)),
            (r#"{"resultsPerPage":1,"format":"NVD_CVE"}"#, Some(Format::Nvd)),
            (r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x"}"#, Some(Format::OpenVex)),
            (r#"{"bomFormat":"CycloneDX"}"#, Some(Format::CycloneDx)),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(recognise(head.as_bytes()), expected, "{head}");
        }
    }

    #[test]
    fn packed_files_are_what_is_in_them() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"cve,epss,percentile\nCVE-2099-1111,0.1,0.2\n").unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(recognise(&packed), Some(Format::Epss));
        assert_eq!(recognise(&packed[..packed.len() - 12]), Some(Format::Epss));
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert_eq!(recognise(&bytes), recognise(&bytes));
        }
    }
}
