//! How large things are in a picture.

/// Width of the picture in pixels before the reader's window decides.
pub(crate) const WIDTH: f64 = 1200.0;
/// Space left and right of the boxes. Source: `XPAD`, inferno 0.12.8, src/flamegraph/mod.rs.
pub(crate) const PADDING: f64 = 10.0;
/// Width of the box that stands for everything.
pub(crate) const FRAMES_WIDTH: f64 = WIDTH - 2.0 * PADDING;
/// Size of the letters in boxes.
pub(crate) const FONT_SIZE: usize = 12;
/// From one row of boxes to the next: `frame_height`, inferno 0.12.8, src/flamegraph/mod.rs.
pub(crate) const FRAME_HEIGHT: usize = 16;
/// What of it is above a box: `FRAMEPAD`, inferno 0.12.8, src/flamegraph/mod.rs.
pub(crate) const FRAME_PADDING: usize = 1;
/// Space that inferno leaves above the boxes for a title, and below them for a status line: `ypad1`
/// and `ypad2`, inferno 0.12.8, src/flamegraph/mod.rs.
pub(crate) const INFERNO_HEAD: usize = FONT_SIZE * 3;
pub(crate) const INFERNO_FOOT: usize = FONT_SIZE * 2 + 10;
/// A stack deeper than this is drawn up to here. A box of 16 pixels per level makes this 16 000
/// pixels; inferno's input grows with depth times width.
pub(crate) const MAX_DEPTH: usize = 1000;
