//! Addresses in one form, so that equal ones are equal texts.
//!
//! A filter knows texts letter by letter, and an address may be written in many ways: `::ffff:192.0.2.1` is
//! `192.0.2.1`, `2001:DB8:0::1` is `2001:db8::1`. Files hold the form of RFC 5952; the record beside it keeps
//! what was written.

use std::borrow::Cow;
use std::net::IpAddr;

/// The address of a text; an IPv4 address in IPv6 clothes is an IPv4 address.
pub(crate) fn parse(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// The one form of an address; what is no address stays as it is.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    // IPv4 has one form only, and nothing else is without a colon.
    if !text.contains(':') {
        return Cow::Borrowed(text);
    }
    match parse(text).map(|address| address.to_string()) {
        Some(address) if address != text => Cow::Owned(address),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_addresses_are_equal_texts() {
        for (written, form) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::FFFF:c000:201", "192.0.2.1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("192.0.2.01", "192.0.2.01"),
            ("no:address", "no:address"),
            ("", ""),
        ] {
            assert_eq!(canonical(written), form);
        }
    }
}
