//! Azure Resource Manager templates.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::configuration::read;

vigie_fuzz::target!(|bytes: &[u8]| {
    drop(read("azuredeploy.json", bytes));
});
