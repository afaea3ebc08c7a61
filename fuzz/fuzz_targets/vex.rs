//! Statements on vulnerabilities: OpenVEX, CSAF, CycloneDX, plain, in an attestation or an envelope; written again as OpenVEX.
#![cfg_attr(not(test), no_main)]

use vigie_advisories::vex::{parse, to_openvex};
use vigie_model::time::Timestamp;

vigie_fuzz::target!(|bytes: &[u8]| {
    let Ok(statements) = parse(bytes) else { return };
    let written = to_openvex(&statements, "https://example.org/vex", "somebody", Timestamp::EPOCH).to_string();
    let again = parse(written.as_bytes()).expect("what was written is read");
    assert!(again.len() <= statements.len(), "nothing is added");
});
