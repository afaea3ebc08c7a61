//! Events written down by hand, as the tests of rules hold them.
#![cfg_attr(not(test), no_main)]

use vigie_detect::sample::cases;

vigie_fuzz::target!(|text: &str| {
    drop(cases(text));
});
