//! NuGet packages.

pub(crate) mod assets;
pub(crate) mod deps_json;
pub(crate) mod packages_config;
pub(crate) mod packages_lock;
pub(crate) mod packages_props;
pub(crate) mod project;
mod properties;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "NuGet";

/// The version that is restored for a request: the lowest allowed, so `1.0` and `[1.0]` are `1.0`. A range
/// without lower bound, a floating version and an open property name none.
fn lowest(request: &str) -> Option<&str> {
    let request = request.trim();
    let exact = request.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(request);
    let plain = !exact.is_empty() && !exact.contains(['*', ',', '$', '[', '(', ')', ']']);
    plain.then_some(exact)
}

#[cfg(test)]
mod tests {
    #[test]
    fn requests_with_one_version() {
        for (request, expected) in
            [("1.0", Some("1.0")), ("[2.0]", Some("2.0")), ("1.*", None), ("[1,2)", None), ("$(V)", None), ("", None)]
        {
            assert_eq!(super::lowest(request), expected);
        }
    }
}
