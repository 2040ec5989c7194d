//! Pages that need nothing else: no network and no file beside them.
//!
//! All markup is written with `maud`, which escapes every text and closes every element.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// A page with its style, and with its script if it has one.
///
/// The content policy names the style and the script by their hashes and forbids everything else.
pub(crate) fn page(title: &str, style: &str, script: Option<&str>, body: &Markup) -> String {
    let script_policy = script.map_or(String::new(), |script| format!(" script-src '{}';", hash(script)));
    let policy = format!(
        "default-src 'none'; style-src '{}';{script_policy} base-uri 'none'; form-action 'none'",
        hash(style)
    );
    let body = html! {
        (body)
        @if let Some(script) = script { script { (PreEscaped(script)) } }
    };
    document(title, Some(&policy), style, &body)
}

/// A page with its style, and with a content policy if there is one.
pub(crate) fn document(title: &str, policy: Option<&str>, style: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" {
            head {
                meta charset="utf-8";
                @if let Some(policy) = policy { meta http-equiv="Content-Security-Policy" content=(policy); }
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            "\n"
            body { (body) }
        }
        "\n"
    };
    page.into_string()
}

/// The hash of a text as a content policy writes it.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// A text of unknown origin without the control characters that a page must not contain.
pub(crate) fn printable(text: &str) -> String {
    let is_allowed = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\t');
    let replaced = |letter| if is_allowed(letter) { letter } else { '\u{fffd}' };
    text.chars().map(replaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        // An apostrophe is safe: attributes stand between double quotes.
        let text = printable("<script>a & 'b' \"c\"</script>");
        let safe = "&lt;script&gt;a &amp; 'b' &quot;c&quot;&lt;/script&gt;";
        assert_eq!(html! { (text) }.into_string(), safe);
        assert_eq!(
            html! { p title=(text) {} }.into_string(),
            format!("<p title=\"{safe}\"></p>")
        );
        assert_eq!(printable("a\u{0}b\nc"), "a\u{fffd}b\nc");
    }
}
