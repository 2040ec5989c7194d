//! A screen in the terminal: blocks become styled lines, and keys become actions.
//!
//! Reading order: `wrap`, text broken into lines; `lines`, a block as lines; `draw`, a screen as a frame, and the loop
//! that reads keys; `keys`, what a key means; `menu`, the list of lessons.

mod draw;
mod keys;
mod lines;
mod menu;
mod wrap;

pub use draw::{LessonEnd, Scroll, draw, draw_screen, run};
pub use keys::{KeyCommand, LineCommand, key_command, line_command};
pub use lines::Theme;
pub use menu::menu;
