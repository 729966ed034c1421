INSERT INTO report (day, orders)
SELECT day, count(*) FROM orders WHERE day = '{{ ds }}' GROUP BY day;
