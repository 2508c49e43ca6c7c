//! What several have done, in lanes: one column each, a row a step. What a check tells of a user's program, and
//! a model of a protocol, is drawn by the same hand: as text and as a picture.

pub(crate) mod drawing;
pub(crate) mod picture;
pub(crate) mod text;
