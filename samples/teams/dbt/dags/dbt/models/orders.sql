select
    order_id,
    cast(ordered_at as date) as day,
    amount
from {{ source("shop", "orders") }}
where amount is not null
