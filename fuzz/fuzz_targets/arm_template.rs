//! Azure Resource Manager templates.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::configuration::read;

fuzz_target!(|bytes: &[u8]| {
    drop(read("azuredeploy.json", bytes));
});
