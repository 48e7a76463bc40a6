// On a narrow screen the list of conversations lives in a modal drawer.

const narrow = matchMedia("(max-width: 760px)");

export class Drawer {
  #dialog = document.getElementById("drawer");
  #sidebar = document.getElementById("sidebar");

  constructor() {
    const opener = document.querySelector(".drawer-open");
    opener.setAttribute("role", "button");
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      this.open();
    });
    this.#sidebar.querySelector(".sidebar-close").addEventListener("click", (event) => {
      event.preventDefault();
      this.#dialog.close();
    });
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    narrow.addEventListener("change", () => this.#settle());
    this.#settle();
  }

  open() {
    if (narrow.matches && !this.#dialog.open) this.#dialog.showModal();
  }

  #settle() {
    if (narrow.matches) this.#dialog.append(this.#sidebar);
    else {
      this.#dialog.close();
      this.#dialog.before(this.#sidebar);
    }
  }
}
