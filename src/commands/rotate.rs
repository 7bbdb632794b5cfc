//! `rotate`: give a token a new secret.

use super::context::Context;
use super::deliver::Delivery;
use super::input;
use super::interrupt::Watch;
use crate::admin::{self, RotateRequest, Rotation, Selector};
use crate::cli::Rotate;
use crate::error::{Error, Result};
use crate::view::issued;
use std::slice;

pub fn run(args: Rotate, context: &mut Context) -> Result<()> {
    let selector = input::selector(args.token)?;
    let request = RotateRequest { overlap: args.overlap, expires: args.expires };
    let mut delivery = Delivery::prepare(args.out)?;
    let watch = Watch::begin(&context.out.tokctl)?;
    watch.arm(delivery.abandoned());
    let rotated = rotate(&selector, request, &watch, &delivery, context);
    let Rotation { old, new, old_until } = rotated.inspect_err(|_| {
        watch.disarm();
        delivery.abandoning()();
    })?;
    let secrets = slice::from_ref(&new);
    delivery.deliver(secrets, false, &watch, &mut context.out)?;
    issued::announce(secrets, false, delivery.path(), &context.out);
    let until = match old_until {
        Some(until) => format!("the old secret is valid until {until}"),
        None => "the old secret is rejected from now on".to_string(),
    };
    context.out.remark(format!("token {} replaces token {}; {until}", new.token.id, old.id));
    Ok(())
}

fn rotate(
    selector: &Selector,
    request: RotateRequest,
    watch: &Watch,
    delivery: &Delivery,
    context: &Context,
) -> Result<Rotation> {
    let admin = context.admin()?;
    Ok(admin.rotate(selector, request, |old, new_id| {
        let (admin, abandon, old) = (admin.clone(), delivery.abandoning(), old.clone());
        watch.arm(move || {
            abandon();
            outcome(new_id, admin.undo_rotation(&old, new_id))
        });
    })?)
}

/// What became of a rotation whose new secret was not delivered.
fn outcome(new_id: i64, undone: admin::Result<()>) -> String {
    match undone {
        Ok(()) => "the rotation was undone; the old secret is as valid as before".to_string(),
        Err(error) => format!(
            "the rotation could not be undone ({}); run `tokctl rotate {new_id}` for another \
             secret",
            Error::from(error)
        ),
    }
}
