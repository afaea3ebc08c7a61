//! EPSS: the probability that a vulnerability is exploited within 30 days.
//!
//! Format: <https://www.first.org/epss/data_stats>, a CSV with an optional comment line
//! `#model_version:…,score_date:…` before `cve,epss,percentile`, often compressed with gzip.

use super::limits::{EPSS_BYTES_MAX, FEED_ENTRIES_MAX};
use flate2::read::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// One score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// CVE id.
    pub id: String,
    /// Probability in 1/100,000: EPSS has five decimals.
    pub probability: u32,
}

/// Why scores cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EpssError {
    /// Reading or unpacking failed.
    #[error("the scores are cut off or damaged: {0}")]
    Read(#[source] io::Error),
    /// Broken CSV.
    #[error("not the scores as CSV: {0}")]
    Csv(#[source] csv::Error),
    /// The header names no `cve` and `epss`.
    #[error("no columns `cve` and `epss`")]
    NoColumns,
    /// More than is taken.
    #[error("more than {FEED_ENTRIES_MAX} entries or {EPSS_BYTES_MAX} bytes")]
    TooMany,
}

/// Scores, and how many rows made no sense.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// What was understood.
    pub scores: Vec<Score>,
    /// Rows that were not.
    pub broken: u64,
}

/// Reads scores, packed or not.
///
/// # Errors
/// [`EpssError`] when they cannot be read to the end.
pub fn parse(reader: impl Read) -> Result<Scores, EpssError> {
    let mut reader = BufReader::new(reader);
    if reader.fill_buf().map_err(EpssError::Read)?.starts_with(&[0x1f, 0x8b]) {
        plain(MultiGzDecoder::new(reader))
    } else {
        plain(reader)
    }
}

fn plain(reader: impl Read) -> Result<Scores, EpssError> {
    let limited = reader.take(EPSS_BYTES_MAX + 1);
    let mut rows = csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).from_reader(limited);
    let headers = rows.headers().map_err(EpssError::Csv)?;
    let column = |name: &str| headers.iter().position(|header| header.trim() == name);
    let (Some(cve), Some(epss)) = (column("cve"), column("epss")) else { return Err(EpssError::NoColumns) };
    let mut scores = Scores::default();
    let mut row = csv::StringRecord::new();
    while rows.read_record(&mut row).map_err(EpssError::Csv)? {
        let score = row.get(cve).zip(row.get(epss)).and_then(|(id, epss)| score(id, epss));
        match score {
            Some(_) if scores.scores.len() == FEED_ENTRIES_MAX => return Err(EpssError::TooMany),
            Some(score) => scores.scores.push(score),
            None => scores.broken += 1,
        }
    }
    // Nothing left of what may be taken: there was more.
    if rows.get_ref().limit() == 0 { Err(EpssError::TooMany) } else { Ok(scores) }
}

fn score(id: &str, epss: &str) -> Option<Score> {
    let probability: f64 = epss.trim().parse().ok()?;
    // In range by the check, so the cast loses only what lies beyond five decimals.
    (0.0..=1.0)
        .contains(&probability)
        .then(|| Score { id: id.trim().to_owned(), probability: (probability * 100_000.0).round() as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    const SCORES: &str = "#model_version:v2025.03.14,score_date:2025-08-25T12:55:00Z\n\
        cve,epss,percentile\n\
        CVE-2024-1,0.94432,0.99\n\
        CVE-2024-2,0.00043,0.1\n\
        CVE-2024-3,1.5,0.1\n\
        CVE-2024-4\n";

    fn packed() -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(SCORES.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn reads_scores_packed_or_not() {
        let score = |id: &str, probability| Score { id: id.into(), probability };
        let expected = Scores { scores: vec![score("CVE-2024-1", 94_432), score("CVE-2024-2", 43)], broken: 2 };
        assert_eq!(parse(SCORES.as_bytes()).unwrap(), expected);
        assert_eq!(parse(packed().as_slice()).unwrap(), expected);
    }

    #[test]
    fn says_what_is_wrong() {
        let packed = packed();
        let cut = parse(&packed[..packed.len() / 2]).unwrap_err().to_string();
        assert!(cut.contains("not the scores") || cut.contains("cut off"), "{cut}");
        assert_eq!(parse(&b"a,b\n1,2\n"[..]).unwrap_err().to_string(), "no columns `cve` and `epss`");
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            if let Err(error) = parse(bytes.as_slice()) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
