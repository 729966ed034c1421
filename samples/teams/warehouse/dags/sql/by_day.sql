create or replace table orders_by_day as
select
    cast(ordered_at as date) as day,
    sum(amount) as amount
from orders
group by 1
