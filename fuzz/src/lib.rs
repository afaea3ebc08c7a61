//! What the fuzz targets share: ways to cut one run of bytes into the parts that a parser takes.
//!
//! Nothing here decides what is right: each target says so itself.

pub mod checksum;
pub mod compact_file;
pub mod log;
pub mod mutate;
pub mod segment;

use std::io::{self, Read};

/// A fuzz target: what is to hold for any bytes, or for any text.
///
/// Makes a function `run` of it, which libFuzzer calls, and the test that shows every target its seeds.
#[macro_export]
macro_rules! target {
    (|$input:ident: &[u8]| $body:block) => {
        /// Shows the target one input.
        pub fn run($input: &[u8]) $body

        const _: fn(&[u8]) = run;

        #[cfg(all(feature = "libfuzzer", not(test)))]
        libfuzzer_sys::fuzz_target!(|input: &[u8]| run(input));
    };
    (|$input:ident: &str| $body:block) => {
        $crate::target!(|bytes: &[u8]| {
            let $input = $crate::text(bytes);
            $body
        });
    };
}

/// The text up to the first byte that is not UTF-8.
#[must_use]
pub fn text(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}

/// The first byte, which chooses between cases, and the rest.
#[must_use]
pub fn choice(bytes: &[u8]) -> (u8, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest))
}

/// As many parts as asked for, cut at NUL bytes; those that are missing are empty.
#[must_use]
pub fn parts<const N: usize>(bytes: &[u8]) -> [&[u8]; N] {
    let mut parts = bytes.splitn(N, |byte| *byte == 0);
    [(); N].map(|()| parts.next().unwrap_or_default())
}

/// Hands out bytes in pieces of a few bytes, as a slow connection does.
pub struct Trickle<'a> {
    /// What is left.
    pub rest: &'a [u8],
    /// Bytes in one piece.
    pub step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = self.step.clamp(1, 4096).min(self.rest.len()).min(buffer.len());
        let (piece, rest) = self.rest.split_at(step);
        buffer[..step].copy_from_slice(piece);
        self.rest = rest;
        Ok(step)
    }
}

/// A correlation with its rule, for the state of correlations.
pub const CORRELATION: &str = "\
title: Failed sign-in
name: failed
logsource: {product: linux}
detection:
    selection: {status_id: 2}
    condition: selection
---
title: Many failed sign-ins
correlation:
    type: value_count
    rules: [failed]
    group-by: [src_endpoint.ip]
    timespan: 1h
    condition: {gte: 3, field: user.name}
";
