//! A signed bundle of vulnerability data: as it comes, and one of ours with the bytes written over it.
#![cfg_attr(not(test), no_main)]

use vigie_advisories::bundle::{SecretKey, head, open};
use vigie_model::time::Timestamp;

vigie_fuzz::target!(|bytes: &[u8]| {
    let key = SecretKey::from_seed([7; 32]).expect("any seed makes a key");
    let trusted = [key.public()];
    assert!(open(bytes, &trusted).is_err(), "nobody signed this");
    let (_, mut bundle) = head(b"the file", Vec::new(), &key, Timestamp::EPOCH);
    bundle.extend_from_slice(b"the file");
    let signed = bundle.clone();
    let (place, bytes) = vigie_fuzz::choice(bytes);
    bundle.iter_mut().skip(usize::from(place)).zip(bytes).for_each(|(byte, new)| *byte = *new);
    assert_eq!(open(&bundle, &trusted).is_ok(), bundle == signed, "what was changed is not taken");
});
