//! A lesson as one page for a browser.
//!
//! Reading order: `blocks`, a block as HTML; `data`, what the page's script must know; `document`, the whole page, with
//! its script `page.js` and its style `page.css`.

mod blocks;
mod data;
mod document;

pub use blocks::fragment;
pub use document::page;
