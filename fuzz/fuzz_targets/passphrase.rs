//! Passphrases as anybody may propose them before signing in: judged, and in bounded time.
#![cfg_attr(not(test), no_main)]

use vigie_access::passphrase::{CHARACTERS_MIN, judge};
use vigie_fuzz::{parts, text};

vigie_fuzz::target!(|bytes: &[u8]| {
    let [name, passphrase] = parts(bytes).map(text);
    let judgement = judge(name, passphrase);
    assert!(judgement.score <= 4);
    assert!(!judgement.acceptable || passphrase.chars().count() >= CHARACTERS_MIN);
});
