//! Passphrases as anybody may propose them before signing in: judged, and in bounded time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_access::passphrase::{CHARACTERS_MIN, judge};
use vigie_fuzz::{parts, text};

fuzz_target!(|bytes: &[u8]| {
    let [name, passphrase] = parts(bytes).map(text);
    let judgement = judge(name, passphrase);
    assert!(judgement.score <= 4);
    assert!(!judgement.acceptable || passphrase.chars().count() >= CHARACTERS_MIN);
});
