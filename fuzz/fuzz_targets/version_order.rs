//! Every order of versions is total: the laws, on any three texts.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::{parts, text};
use vigie_model::version::Scheme;

vigie_fuzz::target!(|bytes: &[u8]| {
    let [a, b, c] = parts(bytes).map(text);
    for scheme in Scheme::ALL {
        let compare = |x, y| scheme.compare(x, y);
        assert!(compare(a, a).is_eq(), "{scheme:?}: {a:?} equals itself");
        assert_eq!(compare(a, b), compare(b, a).reverse(), "{scheme:?}: {a:?} and {b:?} from both sides");
        if compare(a, b).is_le() && compare(b, c).is_le() {
            assert!(compare(a, c).is_le(), "{scheme:?}: {a:?}, {b:?}, {c:?}");
        }
        if compare(a, b).is_eq() {
            assert_eq!(compare(a, c), compare(b, c), "{scheme:?}: equals {a:?} and {b:?} against {c:?}");
        }
    }
});
