create table products (
  id int auto_increment primary key,
  name varchar(100) not null,
  price decimal(10, 2) not null,
  constraint products_name_taken unique (name),
  constraint products_price_positive check (price > 0)
);

insert into products (name, price) values
  ('Laptop', 999.99), ('Mouse', 29.99), ('Keyboard', 79.99), ('Monitor', 299.99);
