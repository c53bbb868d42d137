/** One order of the shop. */
export interface Order {
  readonly id: number;
  readonly item: string;
  status: 'open' | 'cancelled';
}

/** What the shop's routes and its tools both work on. */
export interface Orders {
  list(): readonly Order[];
  add(item: string): Order;
  /** Undefined where there is no such order. */
  cancel(id: number): Order | undefined;
}

/** Orders in memory; think of your database here. */
export function openOrders(): Orders {
  const orders: Order[] = [];
  const add = (item: string): Order => {
    const order: Order = { id: orders.length + 1, item, status: 'open' };
    orders.push(order);
    return order;
  };
  add('teapot');
  add('two cups');
  return {
    list: () => orders,
    add,
    cancel(id) {
      const order = orders.find((each) => each.id === id);
      if (order !== undefined) order.status = 'cancelled';
      return order;
    },
  };
}
