//! Events written down by hand, as the tests of rules hold them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_detect::sample::cases;

fuzz_target!(|text: &str| {
    drop(cases(text));
});
