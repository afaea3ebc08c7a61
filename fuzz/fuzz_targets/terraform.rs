//! Terraform's language: one text as HCL, as values, in JSON and as a plan; then the second step over all of it.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::configuration::{link, read};

vigie_fuzz::target!(|bytes: &[u8]| {
    let files = ["main.tf", "terraform.tfvars", "more.tf.json", "plan.json"];
    let mut pieces: Vec<_> = files.iter().flat_map(|path| read(path, bytes).unwrap_or_default()).collect();
    link(&mut pieces);
});
